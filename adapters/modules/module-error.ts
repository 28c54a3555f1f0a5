/** What went wrong in a module that a user wrote: one line for people, with the place where that is known. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

export class ModuleError extends Error {
  override readonly name = "ModuleError";
  /** `:12:5` of the file that was to be imported, or nothing. */
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.place = place;
  }
}

/** Where a mistake is. */
interface Finding {
  /** Absolute. */
  readonly file: string;
  readonly place: string;
  readonly message: string;
}

/** What importing the file at this absolute path threw. A mistake in another file is told with the name of that. */
export function moduleError(error: unknown, path: string): ModuleError {
  if (!(error instanceof Error)) return new ModuleError("", `threw ${String(error)}`);
  const found = foundByTransformer(error) ?? foundInStack(error) ?? foundByCheck(error, path);
  if (found === null) return new ModuleError("", messageOf(error));
  if (found.file === path) return new ModuleError(found.place, found.message);
  return new ModuleError("", `it imports ${basename(found.file)}${found.place}: ${found.message}`);
}

/** esbuild puts the place into its message, and counts columns from 0. */
function foundByTransformer({ message }: Error): Finding | null {
  const [, file = "", line, column, text = ""] = /^(.*):(\d+):(\d+): ERROR: (.*)$/m.exec(message) ?? [];
  return line === undefined ? null : { file, place: `:${line}:${Number(column) + 1}`, message: text };
}

/** The engine puts it into the stack: the first place there that is not of the library, of a package or of Node.js. */
function foundInStack(error: Error): Finding | null {
  for (const entry of (error.stack ?? "").split("\n")) {
    const [, url, place = ""] = /(?:^|[\s(])((?:file:\/\/)?\/[^\s()]*?)((?::\d+){1,2})\)?$/.exec(entry) ?? [];
    if (url === undefined || isForeign(url)) continue;
    const file = url.startsWith("file:") ? fileURLToPath(url.replace(/\?.*$/, "")) : url.replace(/\?.*$/, "");
    return { file, place, message: messageOf(error) };
  }
  return null;
}

/** Two folders up is the library. */
const library = new URL("../../", import.meta.url).href;

function isForeign(url: string): boolean {
  const href = url.startsWith("file:") ? url : `file://${url}`;
  const isLibrary =
    href.startsWith(library) && /^(core|sim|adapters|node)\//.test(href.slice(library.length));
  return isLibrary || href.includes("/node_modules/");
}

/** Of JavaScript that does not parse the engine tells the place only to a terminal. */
function foundByCheck(error: Error, path: string): Finding | null {
  if (!(error instanceof SyntaxError)) return null;
  const elsewhere = { file: path, place: "", message: `a module it imports: ${messageOf(error)}` };
  if (path.endsWith("ts")) return elsewhere;
  const check = ["--input-type=module", "--check", "-"];
  const { stderr } = spawnSync(process.execPath, check, { input: readFileSync(path), encoding: "utf8" });
  const [, line] = /^.*:(\d+)\n/.exec(stderr) ?? [];
  return line === undefined ? elsewhere : { file: path, place: `:${line}`, message: messageOf(error) };
}

function messageOf({ message }: Error): string {
  return (message.split("\n")[0] ?? "").replace(/ imported from .*/, "");
}
