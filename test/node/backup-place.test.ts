// Where backups are made, and who may make one: with real commands, at once and killed.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ProcessLock } from "../../adapters/level/process-lock.ts";
import type { PeerId } from "../../core/ids.ts";
import { makeInPlace } from "../../node/backup-place.ts";
import { Failure } from "../../node/failure.ts";
import { folderAt } from "../../node/home.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { testedCli } from "../tested-cli.ts";
import { NodeProcess, reconverge } from "./node-process.ts";
import { createContext } from "./test-node.ts";

const home = temporaryFolder();
const node = await NodeProcess.make(home, "alice");
test.after(async () => {
  await node.stop();
});
await node.start();
await createContext(node.apiUrl);

const argsFor = (target: string) =>
  ["node", "backup", target, "--home", home, "--name", "alice", "--json"] as const;
const backUp = (target: string) => reconverge(...argsFor(target));

const notesPath = join(node.folder, "backup.left");
const noteLeft = (unfinished: string) => writeFileSync(notesPath, JSON.stringify([unfinished]));

async function expectAtOnce(count: number) {
  const place = temporaryFolder();
  const targets = Array.from({ length: count }, (_, index) => join(place, `copy ${index}`));
  const results = await Promise.all(targets.map(backUp));
  const made = targets.filter((_, index) => results[index]?.exitCode === 0);
  assert.ok(made.length > 0, JSON.stringify(results));
  for (const { exitCode, stderr } of results) {
    if (exitCode === 0) continue;
    assert.match(stderr, /^error: (process \d+|another process) is backing up .*alice already/);
    assert.match(stderr, "wait until it has ended");
    assert.is(exitCode, 1);
  }
  assert.equal(readdirSync(place).length, made.length, "those that were refused leave nothing");
}

test("of several backups of a running node at once those that find another are refused, and no other goes wrong", async () => {
  await expectAtOnce(4);
});

test("whoever finds a backup under way hears who makes it and where", async () => {
  for (const [note, who, where] of [
    [
      '{"pid":123,"unfinished":"/elsewhere/copy.unfinished"}',
      "process 123",
      " to /elsewhere/copy.unfinished:",
    ],
    ['{"pid":["123"],"unfinished":["/x.unfinished"]}', "another process", ":"],
    ['{"pid":123,"unf', "another process", ":"],
  ] as const) {
    const attempt = await ProcessLock.attempt(join(node.folder, "backup.lock"), note);
    if (attempt.kind === "held") throw new Error("a backup runs still");
    const refused = await backUp(join(temporaryFolder(), "copy"));
    await attempt.lock.release();
    assert.is(refused.exitCode, 1);
    assert.is(JSON.parse(refused.stdout).error.code, "backup-running");
    assert.match(refused.stderr, `error: ${who} is backing up ${node.folder} already${where}`);
  }
});

/** Signals a backup that a command makes, once there is something of it. */
async function signalHalfMade(signal: NodeJS.Signals, args: readonly string[], target: string) {
  for (let tries = 0; tries < 20; tries += 1) {
    const child = spawn(process.execPath, [testedCli, ...args], { stdio: "ignore" });
    const ended = once(child, "close");
    while (!isBegun(target) && child.exitCode === null) await new Promise(setImmediate);
    child.kill(signal);
    // One that is stopped does not end: the system gets time to stop it.
    await (signal === "SIGKILL" ? ended : setTimeout(100));
    if (isBegun(target) && !existsSync(target)) return { child, ended };
    child.kill("SIGCONT");
    await ended;
    rmSync(target, { recursive: true, force: true });
  }
  throw new Error("it was never caught half made");
}

const isBegun = (target: string) =>
  existsSync(`${target}.unfinished`) && readdirSync(`${target}.unfinished`).length > 0;

test("what a killed backup has left is removed by the next, wherever that goes", async () => {
  const place = temporaryFolder();
  const target = join(place, "killed");
  await signalHalfMade("SIGKILL", argsFor(target), target);
  const next = await backUp(join(temporaryFolder(), "next"));
  assert.is(next.exitCode, 0, next.stderr);
  assert.equal(readdirSync(place), []);
});

test("what another node makes where a killed backup had been is left alone, and becomes whole", async () => {
  const other = await NodeProcess.make(temporaryFolder(), "bob");
  await other.start();
  await other.stop();
  const place = temporaryFolder();
  const target = join(place, "copy");
  await signalHalfMade("SIGKILL", argsFor(target), target);
  rmSync(`${target}.unfinished`, { recursive: true });
  const args = ["node", "backup", target, "--home", dirname(other.folder), "--name", "bob"];
  const { child, ended } = await signalHalfMade("SIGSTOP", args, target);
  const next = await backUp(join(temporaryFolder(), "next"));
  const isLeftAlone = isBegun(target);
  child.kill("SIGCONT");
  assert.equal(await ended, [0, null]);
  assert.is(next.exitCode, 0, next.stderr);
  assert.ok(isLeftAlone);
  assert.equal(readdirSync(place), ["copy"]);
  assert.equal(readFileSync(join(target, "key")), readFileSync(join(other.folder, "key")));
});

test("what somebody has put where a killed backup had been stays", async () => {
  const [folder, file] = [join(temporaryFolder(), "a.unfinished"), join(temporaryFolder(), "b.unfinished")];
  mkdirSync(folder);
  writeFileSync(join(folder, "key"), "somebody's");
  writeFileSync(file, "somebody's");
  for (const unfinished of [folder, file]) {
    noteLeft(unfinished);
    const next = await backUp(join(temporaryFolder(), "next"));
    assert.is(next.exitCode, 0, next.stderr);
  }
  for (const path of [join(folder, "key"), file]) assert.is(readFileSync(path, "utf8"), "somebody's");
  rmSync(notesPath);
});

test("what a killed backup has left on a disk that is not there now is removed once that is there again", async () => {
  const [mounted, away] = [join(temporaryFolder(), "disk"), join(temporaryFolder(), "disk")];
  mkdirSync(mounted);
  const target = join(mounted, "killed");
  await signalHalfMade("SIGKILL", argsFor(target), target);
  renameSync(mounted, away);
  // First nothing is there, then the empty folder where the disk was.
  for (let times = 0; times < 2; times += 1) {
    const next = await backUp(join(temporaryFolder(), "next"));
    assert.is(next.exitCode, 0, next.stderr);
    assert.is(next.stderr, "");
    if (times === 0) mkdirSync(mounted);
  }
  renameSync(away, mounted);
  const again = await backUp(target);
  assert.is(again.exitCode, 0, again.stderr);
  assert.equal(readdirSync(mounted), ["killed"]);
  assert.not.ok(existsSync(notesPath), "what was removed is forgotten");
});

test("what a killed backup has left and cannot be removed is named each time, and backups elsewhere are made", async () => {
  // A link to itself: no rights get anybody through that.
  const unfinished = join(temporaryFolder(), "stuck.unfinished");
  symlinkSync(unfinished, unfinished);
  noteLeft(unfinished);
  for (let times = 0; times < 2; times += 1) {
    const next = await backUp(join(temporaryFolder(), "next"));
    assert.is(next.exitCode, 0, next.stderr);
    assert.match(
      next.stderr,
      `warning: ${unfinished}, which a backup of this node has left, cannot be removed`,
    );
    assert.match(next.stderr, /\(ELOOP.*\): remove it by hand/);
  }
  rmSync(unfinished);
  const place = temporaryFolder();
  await backUp(join(place, "next"));
  const taken = await backUp(join(place, "next"));
  assert.is(taken.exitCode, 1);
  assert.match(taken.stderr, /^error: .* is there already/, "nothing is told of it any more");
  rmSync(notesPath);
});

test("what is left and may not be removed stays noted, whatever the system calls that", async () => {
  // Only a folder that root may not change either: where there is none to be had, the test above stands for it.
  const place = temporaryFolder();
  const own = join(place, "stuck.unfinished", node.ready.peerId);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "key"), "the node's");
  if (spawnSync("chattr", ["+i", own]).status !== 0) return;
  noteLeft(dirname(own));
  const stuck = await backUp(join(temporaryFolder(), "next"));
  spawnSync("chattr", ["-i", own]);
  assert.is(stuck.exitCode, 0, stuck.stderr);
  assert.match(
    stuck.stderr,
    `warning: ${dirname(own)}, which a backup of this node has left, cannot be removed`,
  );
  const next = await backUp(join(temporaryFolder(), "next"));
  assert.is(next.stderr, "");
  assert.equal(readdirSync(place), []);
  assert.not.ok(existsSync(notesPath));
});

test("notes of what is left that cannot be read are named, with what they are for", async () => {
  for (const notes of [
    '["/x.unfin',
    '{"unfinished":["/x.unfinished"]}',
    '["/home"]',
    '["x.unfinished"]',
    "[1]",
  ]) {
    writeFileSync(notesPath, notes);
    const refused = await backUp(join(temporaryFolder(), "next"));
    assert.is(refused.exitCode, 4, refused.stderr);
    assert.is(JSON.parse(refused.stdout).error.code, "bad-notes");
    assert.match(refused.stderr, `error: ${notesPath} cannot be read (it is`);
    assert.is(readFileSync(notesPath, "utf8"), notes);
  }
  rmSync(notesPath);
});

test("a name that is too long is called that before anything is made", async () => {
  const place = temporaryFolder();
  for (const target of [join(place, "n".repeat(246)), join(place, "n".repeat(300), "copy")]) {
    const refused = await backUp(target);
    assert.is(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, `error: ${target} is too long a name: `);
  }
  assert.equal(readdirSync(place), []);
  assert.not.ok(existsSync(notesPath));
});

test("a place that somebody takes while the copy is made is named, and left to them", async () => {
  const told = (what: string) => assert.unreachable(what);
  const owner = { folder: folderAt(node.folder), peer: "12D3" as PeerId, told };
  for (const take of [
    (target: string) => mkdirSync(join(target, "theirs"), { recursive: true }),
    (target: string) => writeFileSync(target, "theirs"),
  ]) {
    const place = temporaryFolder();
    const target = join(place, "copy");
    const failed = await makeInPlace(owner, target, async (copy) => {
      writeFileSync(copy.keyPath, "key");
      take(target);
    }).catch((error: unknown) => error);
    assert.ok(failed instanceof Failure);
    assert.is(failed.code, "exists");
    assert.match(failed.message, `${target} was made by somebody else while the copy was made`);
    assert.equal(readdirSync(place), ["copy"]);
  }
});

test("a copy of somebody else that is not finished is named and left alone", async () => {
  const target = join(temporaryFolder(), "copy");
  mkdirSync(`${target}.unfinished`);
  const refused = await backUp(target);
  assert.is(refused.exitCode, 1);
  assert.match(refused.stderr, `${target}.unfinished is there, a copy that is not finished`);
  assert.ok(existsSync(`${target}.unfinished`));
});

test("a place in the node's own folder, or where nodes of its home lie, is refused by name", async () => {
  const link = join(temporaryFolder(), "link");
  symlinkSync(node.folder, link);
  const before = readdirSync(node.folder);
  for (const [target, said] of [
    [node.folder, "is in the folder of the node itself"],
    [join(node.folder, "store", "copy"), "is in the folder of the node itself"],
    [join(link, "deep", "copy"), "is in the folder of the node itself"],
    [join(home, "alice-monday"), "would be a node of the same home"],
  ] as const) {
    const refused = await backUp(target);
    assert.is(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, `${target} ${said}`);
    assert.match(refused.stderr, home);
  }
  assert.equal(readdirSync(node.folder), before);
  assert.equal(readdirSync(home), ["alice"]);
});

test("a link that leads nowhere is refused by name before anything is copied", async () => {
  const place = temporaryFolder();
  const link = join(place, "link");
  symlinkSync(join(place, "gone"), link);
  for (const target of [link, join(link, "deep", "copy")]) {
    const refused = await backUp(target);
    assert.is(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, `${link} is a link that leads nowhere: expected`);
    assert.match(refused.stderr, target);
  }
  assert.equal(readdirSync(place), ["link"]);
});

test("a place where nothing can be made is called what it was called on the command line", async () => {
  if (process.platform !== "linux") return;
  for (const target of ["/proc/x", "/proc/foo/x"]) {
    const refused = await backUp(target);
    assert.is(refused.exitCode, 1, refused.stderr);
    assert.match(refused.stderr, `error: ${target} cannot be made (`);
    assert.not.match(refused.stderr, ".unfinished");
    assert.not.ok(existsSync(notesPath), "what was never made is not noted");
  }
});

test("of several backups of a stopped node at once those that find another are refused, and no other goes wrong", async () => {
  await node.stop();
  await expectAtOnce(4);
});

test.run();
