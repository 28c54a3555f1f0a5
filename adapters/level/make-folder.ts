import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, unless it is there. One at a time: Node's `recursive` never ends where the system
 * denies that a parent is there, as below /proc, and says of a disk that is read-only that something is not there.
 */
export async function makeFolderAt(path: string, mode = 0o777): Promise<void> {
  const make = () => mkdir(path, { mode });
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolderAt(dirname(path), mode);
    await make();
  }
}
