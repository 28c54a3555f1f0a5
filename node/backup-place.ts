/** The place where a backup is made: nothing may be there, nobody else may make one, and none may stay there half made. */

import { lstat, mkdir, realpath, rename, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ProcessLock } from "../adapters/level/process-lock.ts";
import { codeOf, messageOf } from "../adapters/level/store.ts";
import { syncFolder } from "../adapters/level/sync-folder.ts";
import { BackupLeftovers, type Owner, ownPlace, unfinishedMark } from "./backup-leftovers.ts";
import { Failure } from "./failure.ts";
import { folderAt, makeFolder, type NodeFolder } from "./home.ts";

/** What the lock's holder writes. */
interface Holder {
  readonly pid: number;
  readonly unfinished: string;
}

/** What makes a copy in the folder it is given. */
type Making<T> = (unfinished: NodeFolder) => Promise<T>;

/**
 * Makes one backup of the node at a time, whole or not at all: beside the target, in a folder of the node's name, then
 * renamed. What those that were killed have left, wherever that was to go, it removes first; where it cannot, the
 * backup is made all the same.
 */
export async function makeInPlace<T>(owner: Owner, target: string, make: Making<T>): Promise<T> {
  await expectPlace(owner.folder, target);
  const unfinished = target + unfinishedMark;
  const lock = await lockBackups(owner.folder, { pid: process.pid, unfinished });
  try {
    const left = await BackupLeftovers.read(owner);
    await left.removeAll();
    await expectNoOther(ownPlace(unfinished, owner), target);
    return await makeNoted(left, owner, target, make);
  } catch (error) {
    throw isOfSystem(error) ? notWritten(target, error) : error;
  } finally {
    await lock.release();
  }
}

async function makeNoted<T>(
  left: BackupLeftovers,
  owner: Owner,
  target: string,
  make: Making<T>,
): Promise<T> {
  const unfinished = target + unfinishedMark;
  await left.note(unfinished);
  try {
    await makeFolder(folderAt(unfinished), { path: target, instead: "another folder for the copy" });
  } catch (error) {
    await left.forget(unfinished);
    throw error;
  }
  try {
    const own = folderAt(ownPlace(unfinished, owner));
    await mkdir(own.path, { mode: 0o700 });
    const made = await make(own);
    await putInPlace(own.path, target);
    await syncFolder(dirname(target));
    return made;
  } finally {
    await left.remove(unfinished);
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

async function lockBackups(folder: NodeFolder, holder: Holder): Promise<ProcessLock> {
  const attempt = await ProcessLock.attempt(join(folder.path, "backup.lock"), JSON.stringify(holder));
  if (attempt.kind === "held") throw heldBy(folder, readHolder(attempt.note));
  return attempt.lock;
}

function heldBy({ path }: NodeFolder, holder: Holder | null): Failure {
  const [who, where] =
    holder === null ? ["another process", ""] : [`process ${holder.pid}`, ` to ${holder.unfinished}`];
  const message = `${who} is backing up ${path} already${where}: expected one backup of a node at a time; wait until it has ended, or end it`;
  return new Failure("refused", "backup-running", message);
}

/** Null also for what was written in part, or is damaged. */
function readHolder(note: string | null): Holder | null {
  try {
    const { pid, unfinished } = JSON.parse(note ?? "");
    return typeof pid === "number" && typeof unfinished === "string" ? { pid, unfinished } : null;
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

/** Of another node's backup, or of one that was killed and cannot be removed, or whose node is another now or gone. */
async function expectNoOther(own: string, target: string): Promise<void> {
  const path = dirname(own);
  if (await isNameTooLong(own)) {
    const message = `${target} is too long a name: the copy is made in ${path}, which the system cannot make; expected a shorter one`;
    throw badPlace(message, "name-too-long");
  }
  if (!(await isTaken(path))) return;
  const advice = "wait for the backup that is making it, or remove it if none is";
  throw badPlace(`${path} is there, a copy that is not finished: ${advice}`, "unfinished");
}

async function isNameTooLong(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => false,
    (error) => codeOf(error) === "ENAMETOOLONG",
  );
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
