// A source file with its syntax tree, the place it belongs to, and how a broken rule is reported.

import { type ParseResult, parse } from "@babel/parser";
import type { File, Node } from "@babel/types";
import { type Place, places } from "./rules.ts";

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly tree: ParseResult<File>;
}

export interface Violation {
  readonly rule: string;
  /** Where, what, and what to do instead: one line for people. */
  readonly message: string;
}

/** A file's place in the table. `name` is the place with the file's own folder in it: "adapters/level/". */
export interface OwnPlace {
  readonly name: string;
  readonly rules: Place;
}

export function parseSource(path: string, text: string): SourceFile {
  const isTypeScript = /\.[cm]?tsx?$/.test(path);
  const hasMarkup = path.endsWith("x");
  const plugins = [...(isTypeScript ? ["typescript" as const] : []), ...(hasMarkup ? ["jsx" as const] : [])];
  return { path, text, tree: parse(text, { sourceType: "module", sourceFilename: path, plugins }) };
}

/** The longest place that holds the path, or null when the table has none. */
export function placeOf(path: string): OwnPlace | null {
  let found: OwnPlace | null = null;
  for (const rules of places) {
    const name = holdingPart(rules.place, path);
    if (name !== null && rules.place.length > (found?.rules.place.length ?? 0)) found = { name, rules };
  }
  return found;
}

/** Whether a place's name ("adapters/level/") is among the listed ones, in which "*" stands for one folder. */
export function isListed(name: string, listed: readonly string[] | "all"): boolean {
  return listed === "all" || listed.some((place) => samePattern(place, name));
}

export function violation(rule: string, file: SourceFile, at: { node?: Node; message: string }): Violation {
  const line = at.node?.loc?.start.line;
  return { rule, message: `${file.path}${line === undefined ? "" : `:${line}`} ${at.message}` };
}

/** The part of the path that the place covers, or null if it does not hold the path. */
function holdingPart(place: string, path: string): string | null {
  if (!place.endsWith("/")) return place === path ? place : null;
  const depth = place.split("/").length - 1;
  const folders = path.split("/").slice(0, -1);
  if (folders.length < depth) return null;
  const part = `${folders.slice(0, depth).join("/")}/`;
  return samePattern(place, part) ? part : null;
}

function samePattern(pattern: string, name: string): boolean {
  const wanted = pattern.split("/");
  const found = name.split("/");
  return (
    wanted.length === found.length && wanted.every((part, index) => part === "*" || part === found[index])
  );
}
