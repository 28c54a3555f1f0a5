/** Scenarios in TypeScript and JavaScript: the default export of a module. */

import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Why a module gave no scenario: one line, with `:line:column` of the file where that is known. */
export class ModuleError extends Error {
  /** `:12:5`, or nothing. */
  readonly place: string;

  constructor(place: string, message: string) {
    super(message);
    this.place = place;
  }
}

/** The default export. Throws a `ModuleError` when the module does not load or has none. */
export async function importScenario(path: string): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path));
  const exported = await load((await isModule(path)) ? `${href}${moduleMark}` : href).catch(
    (error: unknown) => {
      throw moduleError(error, path);
    },
  );
  const found = defaultOf(exported);
  if (found === undefined)
    throw new ModuleError("", "found no default export, expected `export default defineScenario({ … })`");
  return found;
}

/** A .js file that is written as a module is one, whatever the package.json above it says. */
async function isModule(path: string): Promise<boolean> {
  return path.endsWith(".js") && /^\s*(import|export)\b/m.test(await readFile(path, "utf8"));
}

async function load(url: string): Promise<unknown> {
  registerHooks();
  const isTypeScript = /\.[cm]?ts$/.test(url);
  // Run as TypeScript, this module is already under tsx, and so is what it imports.
  if (!isTypeScript || import.meta.url.endsWith(".ts")) return import(url);
  const { tsImport } = await import("tsx/esm/api");
  return tsImport(url, import.meta.url);
}

/** A module that was CommonJS carries its default export one or two levels down. */
function defaultOf(exported: unknown): unknown {
  let held = exported;
  for (let level = 0; level < 3; level += 1) {
    if (typeof held !== "object" || held === null || !("default" in held))
      return level === 0 ? undefined : held;
    held = held.default;
  }
  return held;
}

/** Ends the address of a file that is a module. */
const moduleMark = "?module";
let isRegistered = false;

/**
 * Wherever a scenario lies, "reconverge/sim" is the library that is running, and a .ts file is a module: also in
 * a folder whose package.json does not say so.
 */
function registerHooks(): void {
  if (isRegistered) return;
  isRegistered = true;
  const own = new URL(import.meta.url.endsWith(".ts") ? "../index.ts" : "../index.js", import.meta.url).href;
  const hooks = `export async function resolve(specifier, context, next) {
    const found = await next(specifier === "reconverge/sim" ? ${JSON.stringify(own)} : specifier, context);
    const isModule = /\\.ts(\\?|$)/.test(found.url) || found.url.endsWith("${moduleMark}");
    return isModule ? { ...found, format: "module" } : found;
  }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}

function moduleError(error: unknown, path: string): ModuleError {
  if (!(error instanceof Error)) return new ModuleError("", `threw ${String(error)}`);
  // esbuild puts the place into its message and counts columns from 0; the engine puts it into the stack.
  const [, line, column, text = ""] = /:(\d+):(\d+): ERROR: (.*)/.exec(error.message) ?? [];
  if (line !== undefined) return new ModuleError(`:${line}:${Number(column) + 1}`, text);
  const name = path.split("/").at(-1) ?? path;
  const inStack = (error.stack ?? "")
    .split("\n")
    .find((entry) => entry.includes(`${name}:`) || entry.includes(`${name}?`));
  const place = /:(\d+)(:\d+)?\)?$/.exec(inStack ?? "")?.[0]?.replace(")", "") ?? "";
  return new ModuleError(place, (error.message.split("\n")[0] ?? "").replace(/ imported from .*/, ""));
}
