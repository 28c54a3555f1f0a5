// The driver's promises: order, groups, retries, bounds, and an end that loses nothing. Invariant 5.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { StoreError } from "../../adapters/level/store.ts";
import { InvariantError, present } from "../../core/assert.ts";
import type { DeltaId, PeerId, Topic } from "../../core/ids.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { StoppedError } from "../../node/driver.ts";
import { intakeMax } from "../../node/intake.ts";
import { MemoryDisk } from "../adapters/level/memory-store.ts";
import {
  createTestContext,
  Door,
  readEntries,
  setKey,
  startTestDriver,
  stopTestDrivers,
  turns,
} from "./test-driver.ts";

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

const peer = "peer" as PeerId;

test("a write is published and answered only when it is durable", async () => {
  const disk = new MemoryDisk();
  const door = new Door();
  disk.beforeFlush = door.pass;
  const durableAtPublish: number[] = [];
  const { driver, performed } = startTestDriver(disk, ({ kind }) => {
    if (kind === "publish") durableAtPublish.push(disk.durable.size);
  });
  const contextId = await createTestContext(driver);
  const before = disk.durable.size;
  door.shut();
  let isAnswered = false;
  const answer = setKey(driver, contextId, ["a", 1]).then(() => {
    isAnswered = true;
  });
  await turns();
  assert.not(isAnswered);
  assert.equal(
    performed.filter(({ kind }) => kind === "publish"),
    [],
  );
  door.open();
  await answer;
  assert.is(durableAtPublish.length, 1);
  assert.ok((durableAtPublish[0] ?? 0) > before, "the delta was on disk when it was published");
  await driver.stop();
});

test("a read is answered only when what it saw is durable", async () => {
  const disk = new MemoryDisk();
  const door = new Door();
  disk.beforeFlush = door.pass;
  const { driver } = startTestDriver(disk);
  const contextId = await createTestContext(driver);
  door.shut();
  const order: string[] = [];
  void setKey(driver, contextId, ["a", 1]).then(() => order.push("write"));
  const read = readEntries(driver, contextId).then((found) => order.push(JSON.stringify(found)));
  await turns();
  const query = driver.query((core) => core.replicas().size).then(() => order.push("query"));
  await turns();
  assert.equal(order, []);
  door.open();
  await Promise.all([read, query]);
  assert.equal(order.sort(), ["query", "write", '{"a":1}']);
  await driver.stop();
});

test("commits that come while a flush runs share the next one", async () => {
  const disk = new MemoryDisk();
  const door = new Door();
  disk.beforeFlush = door.pass;
  const { driver } = startTestDriver(disk);
  const contextId = await createTestContext(driver);
  await driver.query(() => null);
  const flushesBefore = disk.flushes.length;
  door.shut();
  const first = setKey(driver, contextId, ["first", 0]);
  await turns();
  const others = Array.from({ length: 50 }, (_, index) => setKey(driver, contextId, [`k${index}`, index]));
  do await turns();
  while (driver.intake.length > 0);
  door.open();
  await Promise.all([first, ...others]);
  assert.equal(disk.flushes.slice(flushesBefore), [1, 50]);
  await driver.stop();
});

test("a flush that fails is tried again, and nothing is said meanwhile", async () => {
  const disk = new MemoryDisk();
  const { driver, failures, retries, performed } = startTestDriver(disk);
  const contextId = await createTestContext(driver);
  let failing = 3;
  const saidAtFailure: number[] = [];
  disk.beforeFlush = async () => {
    if (failing === 0) return;
    failing -= 1;
    saidAtFailure.push(performed.filter(({ kind }) => kind === "publish").length);
    throw new StoreError("store-failed", "no space");
  };
  const outcome = await setKey(driver, contextId, ["a", 1]);
  assert.is(outcome.kind, "executed");
  assert.is(retries.length, 3);
  assert.equal(saidAtFailure, [0, 0, 0]);
  assert.equal(failures, []);
  await driver.stop();
});

test("a disk that stays broken stops the node: nobody is answered, nothing is published", async () => {
  const disk = new MemoryDisk();
  const { driver, failures, performed } = startTestDriver(disk);
  const contextId = await createTestContext(driver);
  const durable = disk.durable.size;
  disk.beforeFlush = async () => {
    throw new StoreError("store-failed", "no space");
  };
  const refused = await rejection(setKey(driver, contextId, ["a", 1]));
  assert.instance(refused, StoppedError);
  assert.match((refused as StoppedError).message, /^the node has stopped: no space; .*not acknowledged/);
  assert.is((failures[0] as StoreError).code, "store-failed");
  assert.is(failures.length, 1);
  assert.equal(
    performed.filter(({ kind }) => kind === "publish"),
    [],
  );
  assert.instance(await rejection(setKey(driver, contextId, ["b", 1])), StoppedError);
  await driver.stop();
  assert.is(disk.durable.size, durable);
});

test("who asks a node that stopped for want of room is told so, and of another trouble that", async () => {
  for (const [trouble, isForWantOfRoom, says] of [
    [new StoreError("store-full", "its disk is full"), true, "its disk is full"],
    [new StoreError("store-failed", "its disk is broken"), false, "its disk is broken"],
    [new Error("planted"), false, "its log says why"],
  ] as const) {
    const disk = new MemoryDisk();
    const { driver } = startTestDriver(disk);
    const contextId = await createTestContext(driver);
    disk.beforeFlush = async () => {
      throw trouble;
    };
    const write = rejection(setKey(driver, contextId, ["a", 1]));
    await turns();
    const read = rejection(driver.query(() => null));
    await write;
    const after = rejection(setKey(driver, contextId, ["b", 1]));
    for (const refused of await Promise.all([write, read, after])) {
      assert.instance(refused, StoppedError);
      assert.match((refused as StoppedError).message, says);
      assert.is((refused as StoppedError).isForWantOfRoom, isForWantOfRoom);
    }
    await driver.stop();
  }
});

test("a mistake of ours in the core stops the node", async () => {
  const { driver, core, failures } = startTestDriver(new MemoryDisk());
  core.handle = () => {
    throw new InvariantError("planted");
  };
  assert.instance(await rejection(createTestContext(driver)), StoppedError);
  assert.is((failures[0] as Error).message, "planted");
});

test("stopping keeps what was handled and refuses what was not", async () => {
  const disk = new MemoryDisk();
  const door = new Door();
  disk.beforeFlush = door.pass;
  const { driver, performed } = startTestDriver(disk);
  const contextId = await createTestContext(driver);
  door.shut();
  const handled = setKey(driver, contextId, ["handled", 1]);
  await turns();
  const unhandled = rejection(setKey(driver, contextId, ["unhandled", 1]));
  const stopped = driver.stop();
  door.open();
  await stopped;
  assert.is((await handled).kind, "executed");
  assert.instance(await unhandled, StoppedError);
  assert.is(performed.at(-1)?.kind, "publish");
  assert.ok(performed.some(({ kind }) => kind === "unsubscribe"));
  const again = startTestDriver(disk).driver;
  assert.equal(await readEntries(again, contextId), { handled: 1 });
  await again.stop();
});

test("the intake refuses gossip when full, lets frames wait, and warns once", async () => {
  const { driver, fillings } = startTestDriver(new MemoryDisk());
  await turns();
  const gossip = (index: number) =>
    ({
      kind: "gossip",
      gossip: index,
      from: peer,
      topic: "t" as Topic,
      message: new Uint8Array(),
    }) as const;
  const taken = Array.from({ length: intakeMax + 100 }, (_, index) =>
    driver.intake.offer(gossip(index), peer),
  );
  assert.is(taken.filter(Boolean).length, intakeMax);
  assert.is(driver.intake.refused, 100);
  assert.equal(fillings, [0.8 * intakeMax]);
  let hasRoom = false;
  const frame = driver.intake
    .pushWhenRoom({ kind: "stream-frame", stream: -1, frame: new Uint8Array() }, peer)
    .then(() => {
      hasRoom = true;
    });
  driver.intake.push({ kind: "peer-connected", peer }, peer);
  assert.is(driver.intake.length, intakeMax + 1);
  await Promise.resolve();
  assert.not(hasRoom);
  await frame;
  await turns(20);
  assert.is(driver.intake.length, 0);
  await driver.stop();
});

test("the core is woken when it asked to be", async () => {
  const { driver, core } = startTestDriver(new MemoryDisk());
  const seen: string[] = [];
  const handle = core.handle.bind(core);
  core.handle = (now, input) => {
    seen.push(input.kind);
    return handle(now, input);
  };
  driver.intake.push({ kind: "peer-found", peer }, peer);
  driver.intake.push({ kind: "dial-failed", peer }, peer);
  const startedMs = performance.now();
  while (!seen.includes("woken") && performance.now() - startedMs < 30_000)
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(seen.includes("woken"), "the dial timer of half a second to a second came");
  await driver.stop();
});

test("a start that cannot read what is stored writes nothing over it, then or when the node stops", async () => {
  const disk = new MemoryDisk();
  const { driver } = startTestDriver(disk);
  const contextIds = [await createTestContext(driver), await createTestContext(driver)];
  for (const contextId of contextIds) await setKey(driver, contextId, ["a", 1]);
  await driver.stop();
  // All of a context that is read before this is in memory then, and nothing that comes after it.
  const lost = storeKeys.delta(present(contextIds[0], "a context") as string as DeltaId);
  const genesis = present(disk.durable.get(lost), "its genesis");
  disk.durable.delete(lost);
  const before = new Map(disk.durable);
  assert.throws(() => startTestDriver(disk), /is missing/);
  stopTestDrivers();
  await turns(20);
  assert.equal(disk.durable, before);
  // It may have been unreadable for a moment.
  disk.durable.set(lost, genesis);
  const again = startTestDriver(disk).driver;
  for (const contextId of contextIds) assert.equal(await readEntries(again, contextId), { a: 1 });
  await again.stop();
});

test.after.each(stopTestDrivers);

test.run();
