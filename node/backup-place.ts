/** The place where a backup is made: nothing may be there, nobody else may make one, and none may stay there half made. */

import { lstat, realpath, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ProcessLock } from "../adapters/level/process-lock.ts";
import { codeOf, messageOf } from "../adapters/level/store.ts";
import { syncFolder } from "../adapters/level/sync-folder.ts";
import type { PeerId } from "../core/ids.ts";
import { Failure } from "./failure.ts";
import { folderAt, makeFolder, type NodeFolder } from "./home.ts";

const mark = ".unfinished";

/** What the lock's holder writes. */
interface Holder {
  readonly pid: string;
  readonly unfinished: string;
}

/** Whose backup is made. */
export interface Owner {
  readonly folder: NodeFolder;
  readonly peer: PeerId;
}

/**
 * Makes one backup of the node at a time, whole or not at all: beside the target, in a folder of the node's name, then
 * renamed. What one that was killed has left, wherever that was to go, the next removes.
 */
export async function makeInPlace<T>(
  owner: Owner,
  target: string,
  make: (unfinished: NodeFolder) => Promise<T>,
): Promise<T> {
  await expectPlace(owner.folder, target);
  const { lock, left } = await lockBackups(owner.folder);
  try {
    if (left !== null) await removeLeft(left.unfinished, owner);
    const unfinished = target + mark;
    await expectNoOther(unfinished);
    await lock.note(writeHolder({ pid: `${process.pid}`, unfinished }));
    return await makeBeside(unfinished, owner, target, make);
  } catch (error) {
    throw isOfSystem(error) ? notWritten(target, error) : error;
  } finally {
    await lock.release();
  }
}

async function makeBeside<T>(
  unfinished: string,
  owner: Owner,
  target: string,
  make: (unfinished: NodeFolder) => Promise<T>,
): Promise<T> {
  const own = folderAt(ownPlace(unfinished, owner));
  try {
    await makeFolder(own, { path: target, instead: "another folder for the copy" });
    const made = await make(own);
    await putInPlace(own.path, target);
    await syncFolder(dirname(target));
    return made;
  } finally {
    await removeOwn(unfinished, owner);
  }
}

/** Somebody may have made something there while the copy was made. */
async function putInPlace(made: string, target: string): Promise<void> {
  try {
    await rename(made, target);
  } catch (error) {
    if (!(await isTaken(target))) throw error;
    const message = `${target} was made by somebody else while the copy was made: expected a folder that is not there; the copy is removed, back up to another`;
    throw badPlace(message, "exists");
  }
}

/** Named after the node, so that whose it is stands from the first moment to the last. */
function ownPlace(unfinished: string, { peer }: Owner): string {
  return join(unfinished, peer);
}

/** It is named once: the next backup does not try again. */
async function removeLeft(unfinished: string, owner: Owner): Promise<void> {
  try {
    await removeOwn(unfinished, owner);
  } catch (error) {
    const message = `${unfinished}, which a backup of this node that was killed has left, cannot be removed (${messageOf(error)}): remove it by hand, since it holds the node's key, and back up again`;
    throw new Failure("unusable", "unfinished", message, error);
  }
}

/** What is not this node's stays: others may have begun in the same place since. */
async function removeOwn(unfinished: string, owner: Owner): Promise<void> {
  try {
    await rm(ownPlace(unfinished, owner), { recursive: true, force: true });
    await rmdir(unfinished);
  } catch (error) {
    if (!othersCodes.has(codeOf(error))) throw error;
  }
}

/** There is something else in the folder, there is none, or it is something else itself. */
const othersCodes: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST", "ENOENT", "ENOTDIR"]);

async function lockBackups(folder: NodeFolder): Promise<{ lock: ProcessLock; left: Holder | null }> {
  const attempt = await ProcessLock.attempt(join(folder.path, "backup.lock"));
  if (attempt.kind === "held") throw heldBy(folder, readHolder(attempt.note));
  return { lock: attempt.lock, left: readHolder(attempt.left) };
}

function heldBy({ path }: NodeFolder, holder: Holder | null): Failure {
  const [who, where] =
    holder === null ? ["another process", ""] : [`process ${holder.pid}`, ` to ${holder.unfinished}`];
  const message = `${who} is backing up ${path} already${where}: expected one backup of a node at a time; wait until it has ended, or end it`;
  return new Failure("refused", "backup-running", message);
}

function writeHolder({ pid, unfinished }: Holder): string {
  return JSON.stringify({ pid, unfinished });
}

/** Null also for what was written in part. */
function readHolder(note: string | null): Holder | null {
  try {
    const { pid, unfinished } = JSON.parse(note ?? "");
    return String(unfinished).endsWith(mark) ? { pid, unfinished } : null;
  } catch {
    return null;
  }
}

async function expectPlace(folder: NodeFolder, target: string): Promise<void> {
  const real = await realPathOf(target);
  const own = await realpath(folder.path);
  if (real === own || real.startsWith(own + sep))
    throw badPlace(`${target} is in the folder of the node itself, ${own}: expected a place outside it`);
  if (dirname(real) === dirname(own))
    throw badPlace(
      `${target} would be a node of the same home, ${dirname(own)}, with the same key: expected a place elsewhere`,
    );
  if (await isTaken(target))
    throw badPlace(`${target} is there already: expected a folder that is not`, "exists");
}

/** Of what need not be there yet. What stands in the way of a folder there is no mistake of ours. */
async function realPathOf(target: string): Promise<string> {
  for (let above = target; ; above = dirname(above)) {
    const found = await stat(above).catch(() => null);
    if (found === null && (await isTaken(above)))
      throw badPlace(`${above} is a link that leads nowhere: expected a place where ${target} can be made`);
    if (found === null && above !== dirname(above)) continue;
    if (above !== target && found?.isDirectory() === false)
      throw badPlace(`${above} is no folder: expected one, to make ${target} in`);
    return join(await realpath(above), relative(above, target));
  }
}

/** Of another node's backup, or of one that was killed and whose node is another now or gone. */
async function expectNoOther(path: string): Promise<void> {
  if (!(await isTaken(path))) return;
  const advice = "wait for the backup that is making it, or remove it if none is";
  throw badPlace(`${path} is there, a copy that is not finished: ${advice}`, "unfinished");
}

/** Also by a link that leads nowhere. */
async function isTaken(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

function badPlace(message: string, code = "bad-folder"): Failure {
  return new Failure("refused", code, message);
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function notWritten(target: string, error: unknown): Failure {
  const message = `the copy at ${target} cannot be written (${messageOf(error)}): check the space and health of its disk`;
  return new Failure("unusable", "not-written", message, error);
}
