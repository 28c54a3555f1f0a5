/** What a path leads through that is no folder: the system says that there is such a thing, and not which. */

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** The nearest thing that is there on a path, where that is no folder; null where it is one. */
export async function fileInTheWay(path: string): Promise<string | null> {
  for (let place = resolve(path); ; place = dirname(place)) {
    // Whatever cannot be looked at is passed over: what the system said of the path itself stands.
    const found = await stat(place).catch(() => null);
    if (found !== null) return found.isDirectory() ? null : place;
    if (dirname(place) === place) return null;
  }
}

/** That a folder cannot be at a path, in words to go on from; null where it can, or something else is wrong. */
export async function whyNotThere(path: string): Promise<string | null> {
  const file = await fileInTheWay(path);
  if (file === null) return null;
  return file === resolve(path) ? `${path} is a file` : `${path} cannot be there, as ${file} is a file`;
}
