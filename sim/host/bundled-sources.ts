/**
 * The source files of applications that a scenario brings along, with what they import from files beside them, copied
 * so that they find each other again. Packages are not copied; those that are needed are named.
 */

import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

export interface BundledSources {
  /** Of the applications, from the folder they were copied to. */
  readonly files: readonly string[];
  /** Imported packages besides this one. */
  readonly packages: readonly string[];
}

const importPattern = /(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["']([^"']+)["']/g;

export function copySources(applicationFiles: readonly string[], folder: string): BundledSources {
  const found = new Set<string>();
  const packages = new Set<string>();
  const open = [...applicationFiles];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    for (const specifier of importsOf(path)) {
      const near = specifier.startsWith(".") ? resolveNear(path, specifier) : null;
      if (near !== null) open.push(near);
      else if (isForeign(specifier)) packages.add(specifier);
    }
  }
  const common = commonFolder(Array.from(found));
  for (const path of found) {
    const copied = join(folder, relative(common, path));
    mkdirSync(dirname(copied), { recursive: true });
    cpSync(path, copied);
  }
  const files = applicationFiles.map((path) => relative(common, path).replaceAll(sep, "/"));
  return { files, packages: Array.from(packages).sort() };
}

function importsOf(path: string): readonly string[] {
  if (path.endsWith(".json")) return [];
  return Array.from(readFileSync(path, "utf8").matchAll(importPattern), ([, specifier = ""]) => specifier);
}

/** A .js name may stand for the .ts file it is compiled from, as TypeScript has it. */
function resolveNear(path: string, specifier: string): string | null {
  const named = resolve(dirname(path), specifier);
  const candidates = [named, named.replace(/\.js$/, ".ts"), `${named}.ts`, `${named}.js`];
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

function isForeign(specifier: string): boolean {
  return !specifier.startsWith(".") && !specifier.startsWith("reconverge/") && !specifier.startsWith("node:");
}

function commonFolder(paths: readonly string[]): string {
  const [first = sep, ...others] = paths.map((path) => dirname(path));
  let common = first;
  while (others.some((folder) => folder !== common && !folder.startsWith(join(common, sep))))
    common = dirname(common);
  return common;
}
