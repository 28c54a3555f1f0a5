// What can be in the way of a node or a command: one clear sentence, the right exit code, no stack trace.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openLevelStore } from "../../adapters/level/level-store.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { assertFails } from "./assert-fails.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext, entries, set } from "./test-node.ts";

const home = temporaryFolder();

const run = (name: string) => reconverge("node", "run", "--home", home, "--name", name);

/** A port that somebody has, and how to give it back. */
async function takenPort(): Promise<{ readonly port: number; readonly release: () => void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, release: () => server.close() };
}

test("a taken port, for nodes or for the API, ends with 4", async () => {
  const { port, release } = await takenPort();
  await NodeProcess.make(home, "swarm-taken", { "swarm.port": port });
  await NodeProcess.make(home, "api-taken", { "server.port": port });
  const [swarm, api] = await Promise.all([run("swarm-taken"), run("api-taken")]);
  assertFails(swarm, 4, String(port), "the port is taken", "swarm.port");
  assertFails(api, 4, String(port), "EADDRINUSE", "server.port");
  release();
});

test("a foreign, damaged or newer store ends with 4 and is left alone", async () => {
  await Promise.all(["foreign", "newer"].map((name) => NodeProcess.make(home, name)));
  const store = (name: string) => join(home, name, "store");
  mkdirSync(store("foreign"));
  writeFileSync(join(store("foreign"), "letter.txt"), "dear");
  const damaged = await NodeProcess.make(home, "damaged");
  await damaged.start();
  assert.is(await damaged.stop(), 0);
  rmSync(join(store("damaged"), "level", "CURRENT"));
  mkdirSync(store("newer"));
  writeFileSync(join(store("newer"), "store.json"), '{"kind":"reconverge-store","version":9}');
  const [foreign, broken, newer] = await Promise.all([run("foreign"), run("damaged"), run("newer")]);
  assertFails(foreign, 4, "letter.txt", "expected an empty folder or a store of reconverge");
  assertFails(broken, 4, "is damaged", "peers bring what they hold");
  assertFails(newer, 4, "version 9", "version 1");
});

test("a store that holds what no node wrote ends with 4", async () => {
  await NodeProcess.make(home, "garbled");
  const store = await openLevelStore(join(home, "garbled", "store"), { create: true });
  store.stage([["n", Uint8Array.of(1, 2, 3)]]);
  await store.flush();
  await store.close();
  assertFails(await run("garbled"), 4, "is damaged", join(home, "garbled", "store"));
});

test("a log that is damaged in its middle, and a tip file without content, offer --accept-loss, which works", async () => {
  for (const [name, spoil] of [
    ["holed", spoilLog],
    ["untipped", (store: string) => truncateSync(join(store, "tip"), 0)],
  ] as const) {
    const node = await NodeProcess.make(home, name);
    const { apiUrl } = await node.start();
    const contextId = await createContext(apiUrl);
    for (let index = 0; index < 150; index += 1)
      await set(apiUrl, contextId, [`key ${index}`, "x".repeat(300)]);
    await node.kill();
    spoil(join(home, name, "store"));
    assertFails(await run(name), 4, "is damaged", "--accept-loss");
    assertFails(await run(name), 4, "is damaged", "--accept-loss");
    const ready = await node.start("--accept-loss");
    const left = Object.keys(await entries(ready.apiUrl, contextId)).length;
    assert.ok(left > 10 && left <= (name === "holed" ? 149 : 150), `${left} entries are left`);
    await set(ready.apiUrl, contextId, ["after", 1]);
    assert.is(await node.stop(), 0);
    const again = await node.start();
    assert.is(Object.keys(await entries(again.apiUrl, contextId)).length, left + 1);
    assert.is(await node.stop(), 0);
  }
});

/** Makes a place in the middle of LevelDB's newest log unreadable. */
function spoilLog(store: string): void {
  const logs = readdirSync(join(store, "level")).filter((name) => name.endsWith(".log"));
  const path = join(store, "level", logs.sort().at(-1) ?? "");
  const content = readFileSync(path);
  const middle = Math.floor(content.length / 2);
  content.fill(0xff, middle, middle + 200);
  writeFileSync(path, content);
}

test("a store that is gone is told, by its start and by a repair, and another is begun only where that is accepted", async () => {
  const node = await NodeProcess.make(home, "unmounted");
  const { apiUrl } = await node.start();
  const contextId = await createContext(apiUrl);
  await set(apiUrl, contextId, ["kept", 1]);
  assert.is(await node.stop(), 0);
  const store = join(home, "unmounted", "store");
  const repair = (...args: readonly string[]) =>
    reconverge("node", "repair", "--home", home, "--name", "unmounted", ...args);
  renameSync(store, `${store}.away`);
  assertFails(await run("unmounted"), 4, store, "is not mounted", "node repair --accept-loss");
  // Where it was to be mounted, a folder without anything in it is left.
  mkdirSync(store);
  assertFails(await run("unmounted"), 4, store, "is gone, though this node had one");
  assertFails(await repair(), 4, store, "is gone, though this node had one");
  assert.equal(readdirSync(store), []);
  rmSync(store, { recursive: true });
  renameSync(`${store}.away`, store);
  const mounted = await node.start();
  assert.equal(await entries(mounted.apiUrl, contextId), { kept: 1 });
  assert.is(await node.stop(), 0);
  rmSync(store, { recursive: true });
  const repaired = await repair("--accept-loss");
  assert.is(repaired.exitCode, 0, repaired.stderr);
  assert.match(repaired.stdout, "was gone, and an empty one is begun in its place\nthe store is empty: join");
  await node.start();
  assert.is(await node.stop(), 0);
  rmSync(store, { recursive: true });
  await node.start("--accept-loss");
  assert.is(await node.stop(), 0);
});

test("a node with another key has had no store, and begins one", async () => {
  const node = await NodeProcess.make(home, "another");
  const before = await node.start();
  assert.is(await node.stop(), 0);
  rmSync(join(home, "another", "store"), { recursive: true });
  writeFileSync(join(home, "another", "key"), "ab".repeat(32));
  const after = await node.start();
  assert.is.not(after.peerId, before.peerId);
  assert.is(await node.stop(), 0);
  rmSync(join(home, "another", "store"), { recursive: true });
  assertFails(await run("another"), 4, "is gone, though this node had one");
});

test("a node whose key and store are gone is not made anew without a word", async () => {
  const node = await NodeProcess.make(home, "bare");
  const { peerId } = await node.start();
  assert.is(await node.stop(), 0);
  const folder = join(home, "bare");
  const kept = temporaryFolder();
  for (const part of ["key", "store"]) renameSync(join(folder, part), join(kept, part));
  const left = readdirSync(folder);
  const named = ["--home", home, "--name", "bare"];
  for (const command of [
    ["run"],
    ["run", "--accept-loss"],
    ["init", "--force"],
    ["repair"],
    ["backup", kept],
  ]) {
    const [name = "", ...args] = command;
    const result = await reconverge("node", name, ...args, ...named);
    assertFails(
      result,
      4,
      peerId,
      join(folder, "key"),
      "is not mounted",
      "a backup of the node",
      "node init",
    );
    assert.equal(readdirSync(folder), left);
  }
  for (const part of ["key", "store"]) renameSync(join(kept, part), join(folder, part));
  assert.is((await node.start()).peerId, peerId);
  assert.is(await node.stop(), 0);
});

test("a store that another node has open ends with 4, and that node goes on", async () => {
  const node = await NodeProcess.make(home, "locked");
  await node.start();
  assertFails(await run("locked"), 4, "is in use by process");
  const status = await reconverge("status", "--home", home, "--node", "locked", "--json");
  assert.is(JSON.parse(status.stdout).state, "running");
  assert.is(await node.stop(), 0);
});

test("a bad configuration ends with 1 before anything starts", async () => {
  await NodeProcess.make(home, "config");
  const file = join(home, "config", "config.toml");
  writeFileSync(file, "[swarm]\nprot = 2428\n");
  assertFails(await run("config"), 1, '"swarm.prot"', 'did you mean "swarm.port"?', file);
  writeFileSync(file, "[core]\nheartbeatMs = 1\n");
  assertFails(await run("config"), 1, "core.heartbeatMs is 1", "expected a whole number from 10", file);
  assertFails(await run("nobody"), 1, "reconverge node init");
  truncateSync(join(home, "config", "key"), 10);
  writeFileSync(file, "");
  assertFails(await run("config"), 1, "64 hexadecimal digits");
});

test("init refuses what is there or wrong, and --force keeps the key", async () => {
  const init = (...args: string[]) => reconverge("node", "init", "--home", home, "--json", ...args);
  const first = await init("--name", "again", "--swarm-port", "0");
  const [twice, forced, port, boot, name] = await Promise.all([
    init("--name", "again"),
    init("--name", "again", "--force"),
    init("--name", "wrong", "--swarm-port", "99999"),
    init("--name", "wrong", "--boot-nodes", "/ip4/127.0.0.1/tcp/1"),
    init("--name", "../up"),
  ]);
  assert.is(twice.exitCode, 1);
  assert.is(JSON.parse(twice.stdout).error.code, "exists");
  assert.is(JSON.parse(forced.stdout).peerId, JSON.parse(first.stdout).peerId);
  for (const wrong of [port, boot, name]) assert.is(wrong.exitCode, 1, wrong.stderr);
  assert.match(port.stderr, "expected a whole number from 0 to 65535");
});

test("a client command says when nobody answers, and when it is used wrongly", async () => {
  await NodeProcess.make(home, "resting");
  const [resting, silent, missing, arguments_, both, url, unknown] = await Promise.all([
    reconverge("status", "--home", home, "--node", "resting"),
    reconverge("peers", "--api", "http://127.0.0.1:9"),
    reconverge("status", "--home", home, "--node", "nobody"),
    reconverge("call", "set", "--context", "x", "--args", "{", "--api", "http://127.0.0.1:9"),
    reconverge("call", "set"),
    reconverge("status", "--api", "nonsense"),
    reconverge("nod"),
  ]);
  assertFails(resting, 3, "is not running", "reconverge node run --home");
  assertFails(silent, 3, "no node answers at http://127.0.0.1:9");
  assertFails(missing, 1, "reconverge node init");
  assertFails(arguments_, 1, "--args is not JSON");
  assertFails(url, 1, "is no URL");
  assert.is(both.exitCode, 1);
  assert.is(unknown.exitCode, 1);
});

test("a run file that is empty, torn or of something else is named, and ends with 3", async () => {
  await NodeProcess.make(home, "torn");
  const file = join(home, "torn", "run.json");
  const contents = [
    "",
    '{"pid":1,"peerId":"12D',
    "null",
    "[]",
    '{"pid":1,"peerId":"x","addresses":[],"apiUrl":"no"}',
  ];
  for (const content of contents) {
    writeFileSync(file, content);
    assertFails(
      await reconverge("status", "--home", home, "--node", "torn"),
      3,
      file,
      "damaged",
      "restart it",
    );
  }
});

test("a client never talks to another node, or to anything else, that took its node's port", async () => {
  const node = await NodeProcess.make(home, "robbed");
  const { apiUrl, peerId } = await node.start();
  await node.kill();
  const port = Number(new URL(apiUrl).port);
  const thief = await NodeProcess.make(home, "thief", { "server.port": port });
  const other = await thief.start();
  const asRobbed = (...args: readonly string[]) => reconverge(...args, "--home", home, "--node", "robbed");
  const parts = [`node "robbed" (${peerId}) is not running: another node, ${other.peerId}`, apiUrl];
  assertFails(await asRobbed("context", "create"), 3, ...parts);
  assertFails(await asRobbed("status"), 3, ...parts);
  const list = await reconverge("context", "list", "--api", apiUrl);
  assert.is(list.stdout, "no contexts\n");
  assert.is(await thief.stop(), 0);
  const stranger = createHttpServer((_, response) => response.end("hello"));
  await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
  assertFails(await asRobbed("status"), 3, "something that is no node");
  stranger.close();
});

test("without its key, a node that has a store does not start as another one", async () => {
  const node = await NodeProcess.make(home, "keyless");
  const { peerId } = await node.start();
  await node.stop();
  const key = join(home, "keyless", "key");
  renameSync(key, `${key}.kept`);
  assertFails(await run("keyless"), 4, key, join(home, "keyless", "store"), "restore the key", "node init");
  const forced = await reconverge("node", "init", "--home", home, "--name", "keyless", "--force");
  assertFails(forced, 4, "restore the key");
  assert.not(existsSync(key));
  renameSync(`${key}.kept`, key);
  assert.is((await node.start()).peerId, peerId);
  await node.stop();
});

test("a home that cannot be made ends with 1, at once", async () => {
  writeFileSync(join(home, "letter"), "dear");
  const places = process.platform === "linux" ? ["/proc/x", "/proc/x/y/z"] : [];
  for (const place of [...places, join(home, "letter"), join(home, "letter", "deep")]) {
    const result = await reconverge("node", "init", "--home", place, "--swarm-port", "0");
    assertFails(result, 1, place, "cannot be made", "--home");
  }
  const deep = join(home, "some", "where", "deep");
  assert.is((await reconverge("node", "init", "--home", deep)).exitCode, 0);
});

test("a home that leads through a file is told by that file, whatever is asked of it", async () => {
  const letter = join(temporaryFolder(), "letter");
  writeFileSync(letter, "dear");
  const at = ["--home", join(letter, "deep")];
  const results = await Promise.all([
    reconverge("node", "init", ...at),
    reconverge("node", "run", ...at),
    reconverge("node", "repair", ...at),
    reconverge("node", "config", "name=b", ...at),
    reconverge("status", ...at),
  ]);
  for (const result of results) assertFails(result, 1, `${letter} is a file`, "--home");
  const refused = await openLevelStore(join(letter, "store"), { create: true }).catch(String);
  assert.match(String(refused), `${join(letter, "store")} cannot be there, as ${letter} is a file`);
});

test("call speaks of a wrong context id as join does", async () => {
  const node = await NodeProcess.make(home, "ids");
  await node.start();
  const [called, joined] = await Promise.all([
    reconverge("call", "len", "--context", "abc", "--home", home, "--node", "ids"),
    reconverge("context", "join", "abc", "--home", home, "--node", "ids"),
  ]);
  assertFails(called, 1, '"abc" is no context id: expected 32 bytes in base58');
  assert.is(called.stderr, joined.stderr);
  await node.stop();
});

test("a second signal ends a node at once, without its farewell", async () => {
  const node = await NodeProcess.make(home, "hasty");
  await node.start();
  const exitCode = await node.stopTwice();
  assert.ok(exitCode === 130 || exitCode === 143, `exit code ${exitCode}`);
  assert.ok(existsSync(join(home, "hasty", "run.json")), "it did not clean up");
  await node.start();
  assert.is(await node.stop(), 0);
});

test("a killed node's client is told that nobody answers", async () => {
  const node = await NodeProcess.make(home, "killed");
  await node.start();
  await node.kill();
  assertFails(await reconverge("status", "--home", home, "--node", "killed"), 3, "no node answers");
});

test.run();
