// A real node's flight recording, and a core taken through it again.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { toBase58 } from "../../adapters/http/base58.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { Failure } from "../../node/failure.ts";
import { FlightRecorder } from "../../node/flight/recorder.ts";
import { type Recording, readRecording } from "../../node/flight/recording.ts";
import { replay } from "../../node/flight/replay.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { LoneNode } from "../core/lone-node.ts";
import {
  agree,
  createContext,
  execute,
  joinContext,
  set,
  startTestNode,
  stateRoot,
  until,
} from "./test-node.ts";

const applications = builtInApplications;

/** Two nodes that write and sync, one of them recorded in files of about so many bytes; its last root. */
async function record(fileBytesMax: number) {
  const folder = join(temporaryFolder(), "flight");
  const recorded = { record: { folder, fileBytesMax } };
  const { node: left, storePath, seed } = await startTestNode({}, recorded);
  const { node: right } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  const apis = [left.apiUrl, right.apiUrl];
  const contextId = await createContext(left.apiUrl);
  await joinContext(right.apiUrl, { contextId, invitedBy: left.apiUrl });
  const expected: Record<string, number> = {};
  for (let index = 0; index < 40; index += 1) {
    expected[`k${index % 10}`] = index;
    await set(apis[index % 2] ?? "", contextId, [`k${index % 10}`, index]);
    if (index === 20) await execute(left.apiUrl, contextId, ["entries", {}]);
    await until("both agree", () => agree(apis, contextId, expected));
  }
  const root = await stateRoot(left.apiUrl, contextId);
  await Promise.all([left.stop(), right.stop()]);
  return { folder, root, storePath, seed, recorded };
}

function files(folder: string): readonly string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

const flight = await record(64 * 1_048_576);

test("a core does again what the node did, to the same root", () => {
  const [path = "", ...others] = files(flight.folder);
  assert.is(others.length, 0);
  const recording = readRecording(path);
  assert.not(recording.isTorn);
  const first = replay(recording, { applications });
  assert.is(first.differsAt, null);
  assert.is(first.threw, null);
  assert.is(first.handled, recording.inputs.length);
  const [replica] = first.core.replicas().values();
  assert.is(replica && toBase58(replica.stateRoot()), flight.root);
  assert.is(replay(recording, { applications }).digest, first.digest);
});

test("a start on the same store is recorded with what the core reads there", async () => {
  const { node } = await startTestNode({}, { ...flight.recorded, ...flight });
  await node.stop();
  const paths = files(flight.folder);
  assert.is(paths.length, 2);
  const recording = readRecording(paths[1] ?? "");
  assert.ok(recording.inputs.some(({ reads }) => reads.length > 0));
  assert.is(replay(recording, { applications }).differsAt, null);
});

test("every file of a long recording can be replayed alone, and the two newest stay", async () => {
  const { folder, root } = await record(8_000);
  const paths = files(folder);
  assert.is(paths.length, 2);
  assert.not.match(paths[0] ?? "", "000001");
  const results = paths.map((path) => replay(readRecording(path), { applications }));
  for (const { differsAt } of results) assert.is(differsAt, null);
  assert.ok(results.some(({ handled }) => handled > 0));
  const [replica] = results[1]?.core.replicas().values() ?? [];
  assert.is(replica && toBase58(replica.stateRoot()), root);
});

test("another input than was recorded is found where it first makes a difference", () => {
  const recording = readRecording(files(flight.folder)[0] ?? "");
  const place = recording.inputs.findIndex(({ input }) => input.kind === "request");
  const changed = recording.inputs[place + 5];
  if (changed === undefined) throw new Error("a recording without requests");
  const inputs = recording.inputs.with(place + 5, {
    ...changed,
    now: { ...changed.now, wallMs: changed.now.wallMs + 1 },
  });
  assert.is(replay({ ...recording, inputs }, { applications }).differsAt, place + 6);
});

test("a recording stops at any input", () => {
  const recording = readRecording(files(flight.folder)[0] ?? "");
  const { handled, differsAt } = replay(recording, { applications, count: 7 });
  assert.equal({ handled, differsAt }, { handled: 7, differsAt: null });
});

test("a file cut off anywhere is read as far as it goes", () => {
  const bytes = readFileSync(files(flight.folder)[0] ?? "");
  const whole: Recording = readRecording(files(flight.folder)[0] ?? "");
  const path = join(temporaryFolder(), "torn.flight");
  writeFileSync(path, bytes.subarray(0, bytes.length - 3));
  const torn = readRecording(path);
  assert.ok(torn.isTorn);
  assert.is(torn.inputs.length, whole.inputs.length - 1);
  assert.is(replay(torn, { applications }).differsAt, null);
});

test("a file with one byte changed anywhere is refused, with the byte from which it is not as written", () => {
  const bytes = readFileSync(files(flight.folder)[0] ?? "");
  const path = join(temporaryFolder(), "changed.flight");
  for (let part = 0; part < 200; part += 1) {
    const place = Math.floor((bytes.length - 1) * (part / 199));
    const changed = Buffer.from(bytes);
    changed.writeUInt8(bytes.readUInt8(place) ^ 0xff, place);
    writeFileSync(path, changed);
    let said = "";
    try {
      readRecording(path);
    } catch (error) {
      if (error instanceof Failure) said = error.message;
    }
    const named = /: damaged at or after byte (\d+): .*(?:input \d+|starts from)/.exec(said)?.[1];
    if (place < 8) assert.match(said, /not a flight recording/);
    else assert.ok(named !== undefined && Number(named) <= place, `byte ${place}: ${said}`);
  }
});

test("a recording of before, without checksums, is replayed, and refused where something is no input", () => {
  const { start, inputs } = readRecording(files(flight.folder)[0] ?? "");
  const path = join(temporaryFolder(), "before.flight");
  const write = (records: readonly unknown[]) => {
    const parts = records.flatMap((record) => {
      const [bytes, length] = [serialize(record), Buffer.alloc(4)];
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    });
    writeFileSync(path, Buffer.concat(parts));
  };
  write([start, ...inputs]);
  const { handled, differsAt } = replay(readRecording(path), { applications });
  assert.equal({ handled, differsAt }, { handled: inputs.length, differsAt: null });
  write([start, { ...inputs[0], input: {} }, ...inputs.slice(1)]);
  assert.throws(() => readRecording(path), /damaged at or after byte \d+: input 1 is none/);
});

test("a recording that can go on no longer ends, and the node does not", async () => {
  const told: string[] = [];
  const folder = join(temporaryFolder(), "lost");
  const recorder = new FlightRecorder({
    folder,
    fileBytesMax: 1,
    crypto: nodeCrypto,
    about: readRecording(files(flight.folder)[0] ?? "").start,
    failed: (error) => told.push(String(error)),
  });
  const node = new LoneNode("recorded");
  recorder.begin(node.core);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, "in the way");
  const now = { monotonicMs: 1, wallMs: 1 };
  recorder.handled(now, { kind: "woken" }, []);
  recorder.handled(now, { kind: "woken" }, []);
  recorder.flush();
  assert.is(told.length, 1);
  assert.match(told[0] ?? "", "ENOTDIR");
});

test("what is no recording is refused by name", () => {
  const path = join(temporaryFolder(), "other");
  for (const [text, why] of [
    ["", "not a flight recording"],
    ["hello, this is no recording at all", "not a flight recording"],
    ["\0\0\0\x02no", "damaged at byte 0"],
  ] as const) {
    writeFileSync(path, text);
    assert.throws(
      () => readRecording(path),
      (error: unknown) => error instanceof Failure && error.message.includes(why),
    );
  }
  assert.throws(() => readRecording(`${path}.gone`), /there is no such file/);
});

test.run();
