/** Imports modules that users wrote, in TypeScript or JavaScript, wherever they lie. */

import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { moduleError } from "./module-error.ts";

/** Extensions of the files that can be imported. */
export const moduleExtensions = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/** All that a module exports. Throws a `ModuleError` when it does not load. */
export async function importModule(path: string): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path));
  const url = (await isModule(path)) ? `${href}${moduleMark}` : href;
  await registerHooks(/\.[cm]?ts$/.test(path));
  return await import(url).catch((error: unknown) => {
    throw moduleError(error, resolve(path));
  });
}

/** A .js file that is written as a module is one, whatever the package.json above it says. */
async function isModule(path: string): Promise<boolean> {
  return path.endsWith(".js") && /^\s*(import|export)\b/m.test(await readFile(path, "utf8"));
}

/** Ends the address of a file that is a module. */
const moduleMark = "?module";
/** Run as TypeScript, this module is already under tsx, and so is what it imports. */
const isCheckout = import.meta.url.endsWith(".ts");
let hasTypeScript = isCheckout;
let isRegistered = false;

/**
 * Wherever a module lies, what it imports from "reconverge/…" is the library that is running: the very same modules,
 * so that an error it throws is of the class that is caught here. And a .ts file is a module, also in a folder whose
 * package.json does not say so.
 */
async function registerHooks(needsTypeScript: boolean): Promise<void> {
  if (needsTypeScript && !hasTypeScript) {
    hasTypeScript = true;
    (await import("tsx/esm/api")).register();
    // The hooks registered last are asked first, and ours must be.
    isRegistered = false;
  }
  if (isRegistered) return;
  isRegistered = true;
  const extension = isCheckout ? "ts" : "js";
  const own = {
    "reconverge/sim": new URL(`../../sim/index.${extension}`, import.meta.url).href,
    "reconverge/app": new URL(`../../core/app/index.${extension}`, import.meta.url).href,
  };
  const hooks = `const own = new Map(Object.entries(${JSON.stringify(own)}));
  export async function resolve(specifier, context, next) {
    const found = await next(own.get(specifier) ?? specifier, context);
    const isModule = /\\.ts(\\?|$)/.test(found.url) || found.url.endsWith("${moduleMark}");
    return isModule ? { ...found, format: "module" } : found;
  }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
