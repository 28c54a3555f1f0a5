// The project on disk, as the tidy tests see it: its source files, parsed once, and the folders of its tests.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSource, type SourceFile } from "./source-file.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NOT_OURS = new Set(["node_modules", "dist", "coverage"]);
const SOURCE = /\.[cm]?[jt]sx?$/;

/** Every source file below the root, in the order of their paths. */
export function readProject(): readonly SourceFile[] {
  return pathsBelow("", "file")
    .filter((path) => SOURCE.test(path))
    .map((path) => parseSource(path, readFileSync(join(ROOT, path), "utf8")));
}

/** Folders below test/, relative to it. */
export function testFolders(): readonly string[] {
  return pathsBelow("test/", "folder").map((path) => path.slice("test/".length));
}

export function existsInProject(path: string): boolean {
  return existsSync(join(ROOT, path));
}

/** `folder` is "" or ends in a slash. Hidden entries and what tools write are left out. */
function pathsBelow(folder: string, kind: "file" | "folder"): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith(".") && !NOT_OURS.has(entry.name))
    .flatMap((entry) => {
      const path = `${folder}${entry.name}`;
      const isFolder = entry.isDirectory();
      const below = isFolder ? pathsBelow(`${path}/`, kind) : [];
      return isFolder === (kind === "folder") ? [path, ...below] : below;
    })
    .sort();
}
