/** Whether there is a place for what a long run will write, told before it begins. */

import { accessSync, constants, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "./usage.ts";

/** Throws a `UsageError` unless a file can be written there. */
export function expectWritableFile(path: string, option: string): void {
  if (kindOf(path) === "folder")
    throw new UsageError(`${option}: ${path} is a directory, expected a file to write`);
  if (kindOf(dirname(resolve(path))) !== "folder")
    throw new UsageError(`${option}: ${path} cannot be written: there is no folder ${dirname(path)}`);
  expectAccess(kindOf(path) === "file" ? path : dirname(resolve(path)), { path, option });
}

/** Throws a `UsageError` unless there is a folder to write to, or one can be made. */
export function expectWritableFolder(path: string, option: string): void {
  let nearest = resolve(path);
  while (kindOf(nearest) === "nothing" && dirname(nearest) !== nearest) nearest = dirname(nearest);
  if (path === "" || kindOf(nearest) !== "folder")
    throw new UsageError(`${option}: found "${path}", expected a folder to write to`);
  expectAccess(nearest, { path, option });
  expectRoomForFolder(nearest, { path, option });
}

/** Some folders take nobody's, whatever their rights say, and making one below them may never end. */
function expectRoomForFolder(
  folder: string,
  about: { readonly path: string; readonly option: string },
): void {
  try {
    rmdirSync(mkdtempSync(join(folder, ".reconverge-")));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${about.option}: ${about.path} cannot be written: no folder can be made in ${folder} (${code ?? String(error)})`,
    );
  }
}

function kindOf(path: string): "file" | "folder" | "nothing" {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "nothing";
    throw error;
  }
}

function expectAccess(existing: string, about: { readonly path: string; readonly option: string }): void {
  try {
    accessSync(existing, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`${about.option}: ${about.path} cannot be written: ${code ?? String(error)}`);
  }
}
