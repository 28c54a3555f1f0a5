/** The place where a backup is made: nothing may be there, nobody else may make one, and none may stay there half made. */

import { realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { ProcessLock } from "../adapters/level/process-lock.ts";
import { messageOf } from "../adapters/level/store.ts";
import { syncFolder } from "../adapters/level/sync-folder.ts";
import { Failure } from "./failure.ts";
import { exists, folderAt, makeFolder, type NodeFolder } from "./home.ts";

const mark = ".unfinished";

/** What the lock's holder writes. */
interface Holder {
  readonly pid: string;
  readonly unfinished: string;
}

/**
 * Makes one backup of the node at a time, whole or not at all: beside the target, then renamed. What one that was
 * killed has left, wherever that was to go, the next removes.
 */
export async function makeInPlace<T>(
  folder: NodeFolder,
  target: string,
  make: (unfinished: NodeFolder) => Promise<T>,
): Promise<T> {
  await expectPlace(folder, target);
  const { lock, left } = await lockBackups(folder);
  try {
    if (left !== null) await rm(left.unfinished, { recursive: true, force: true });
    const unfinished = folderAt(target + mark);
    await expectNoOther(unfinished);
    await lock.note(writeHolder({ pid: `${process.pid}`, unfinished: unfinished.path }));
    return await makeBeside(unfinished, target, make);
  } catch (error) {
    throw isOfSystem(error) ? notWritten(target, error) : error;
  } finally {
    await lock.release();
  }
}

async function makeBeside<T>(
  unfinished: NodeFolder,
  target: string,
  make: (unfinished: NodeFolder) => Promise<T>,
): Promise<T> {
  await makeFolder(unfinished, "another folder for the copy");
  try {
    const made = await make(unfinished);
    await rename(unfinished.path, target);
    await syncFolder(dirname(target));
    return made;
  } catch (error) {
    await rm(unfinished.path, { recursive: true, force: true });
    throw error;
  }
}

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
  if (await exists(target))
    throw badPlace(`${target} is there already: expected a folder that is not`, "exists");
}

/** Of what need not be there yet. What stands in the way of a folder there is no mistake of ours. */
async function realPathOf(target: string): Promise<string> {
  for (let above = target; ; above = dirname(above)) {
    const found = await stat(above).catch(() => null);
    if (found === null && above !== dirname(above)) continue;
    if (above !== target && found?.isDirectory() === false)
      throw badPlace(`${above} is no folder: expected one, to make ${target} in`);
    return join(await realpath(above), relative(above, target));
  }
}

/** Of another node's backup, or of one that was killed and whose node is another now or gone. */
async function expectNoOther({ path }: NodeFolder): Promise<void> {
  if (!(await exists(path))) return;
  const advice = "wait for the backup that is making it, or remove it if none is";
  throw badPlace(`${path} is there, a copy that is not finished: ${advice}`, "unfinished");
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
