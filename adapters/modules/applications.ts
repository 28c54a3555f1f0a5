/** Applications that users wrote: what `defineApp` made and a module exports. */

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import type { Application } from "../../core/app/application.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { suggestion } from "../../core/nearest-name.ts";
import { importModule, moduleExtensions } from "./import-module.ts";
import { ModuleError } from "./module-error.ts";

/** Names that are taken, each with who has it: "a built-in application". */
export type TakenNames = ReadonlyMap<string, string>;

export const builtInNames: TakenNames = new Map(
  builtInApplications.map(({ name }) => [name, "a built-in application"]),
);

/**
 * The applications that a file exports, in the order of their exports, at least one. Throws a `ModuleError` when the
 * file cannot be loaded, exports none, or exports one whose name is taken.
 */
export async function importApplications(path: string, taken: TakenNames): Promise<readonly Application[]> {
  await checkFile(path);
  const exported = await importModule(path);
  const applications = Array.from(new Set(exportsOf(exported).filter(isApplication)));
  if (applications.length === 0)
    throw new ModuleError(
      "",
      "found no application, expected one such as `export const … = defineApp({ … })`",
    );
  const names = new Map(taken);
  for (const { name } of applications) {
    const owner = names.get(name);
    if (owner !== undefined)
      throw new ModuleError("", `the name "${name}" is that of ${owner}: give the application another`);
    names.set(name, "another application of the same file");
  }
  return applications;
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw new ModuleError("", await whyNot(path, found));
  const extension = extname(path);
  if (!found.isFile())
    throw new ModuleError("", `is not a file, expected a module in TypeScript or JavaScript`);
  if (!moduleExtensions.includes(extension))
    throw new ModuleError("", `is a file ending in "${extension}", expected .ts or .js`);
}

async function whyNot(path: string, { code, message }: NodeJS.ErrnoException): Promise<string> {
  if (code !== "ENOENT" && code !== "ENOTDIR") return `cannot be read: ${code ?? message}`;
  const neighbours = await readdir(dirname(path)).catch(() => []);
  return `there is no such file${suggestion(basename(path), neighbours)}`;
}

/** All that a module exports; one that was CommonJS carries its exports one level down. */
function exportsOf(exported: unknown): readonly unknown[] {
  const values = valuesOf(exported);
  return [...values, ...values.flatMap((value) => (isApplication(value) ? [] : valuesOf(value)))];
}

function valuesOf(held: unknown): readonly unknown[] {
  return typeof held === "object" && held !== null ? Object.values(held) : [];
}

function isApplication(value: unknown): value is Application {
  if (typeof value !== "object" || value === null) return false;
  const { name, methods, handlers } = value as Partial<Record<keyof Application, unknown>>;
  return (
    typeof name === "string" &&
    areRunnable(methods, (method) => "access" in method) &&
    areRunnable(handlers, () => true)
  );
}

function areRunnable(held: unknown, isRight: (each: object) => boolean): boolean {
  if (typeof held !== "object" || held === null) return false;
  return Object.values(held).every((each) => typeof each?.run === "function" && isRight(each));
}
