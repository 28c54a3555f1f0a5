/** YAML and JSON text with the place of everything in it. JSON is YAML, so one parser reads both. */

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import { ScenarioError, type ScenarioPath, type ScenarioProblem } from "../scenario/scenario-error.ts";

/** Both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface YamlSource {
  /** Null when the text is empty, or all comments. */
  readonly data: unknown;
  /** Where a key or a value stands; for what does not, where the nearest thing around it does. */
  positionOf(path: ScenarioPath, about: "key" | "value"): Position;
}

/** Each alias may stand for so much that all together are at most this many times what is written out. */
const aliasesMax = 100;
const repeatedTooOften = `aliases repeat too much: expected at most ${aliasesMax} times what is written out`;
const nestedTooDeep = "lists and objects are nested too deep";

/** Throws a `ScenarioError` whose messages begin with `name:line:column`. */
export function parseYaml(text: string, name: string): YamlSource {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const fail = (broken: readonly Broken[]): never => {
    const problems = broken.map(({ message }): ScenarioProblem => {
      return { code: "syntax", path: [], about: "value", message };
    });
    throw new ScenarioError(problems, (problem) => {
      const { line, column } = positionAt(broken[problems.indexOf(problem)]?.offset ?? 0);
      return `${name}:${line}:${column}: ${problem.message}`;
    });
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const broken = brokenPlaces(document, text, name.endsWith(".json") ? "JSON" : "YAML");
    if (broken.length > 0) fail(broken);
    const data: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { data, positionOf: (path, about) => positionAt(offsetOf(document, path, about)) };
  } catch (error) {
    if (error instanceof RangeError) fail([{ offset: 0, message: nestedTooDeep }]);
    if (isAliasBomb(error)) fail([{ offset: 0, message: repeatedTooOften }]);
    throw error;
  }
}

/** yaml reports it as a ReferenceError like any other. */
function isAliasBomb(error: unknown): boolean {
  return error instanceof ReferenceError && error.message.startsWith("Excessive alias count");
}

/** A value of its own, as in `--set path=value`. Gives null for text that is empty. Throws an `Error` with one line. */
export function parseYamlValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const [broken] = brokenPlaces(document, text, "YAML");
  if (broken !== undefined) throw new Error(broken.message);
  return document.toJS({ maxAliasCount: aliasesMax });
}

interface Broken {
  readonly offset: number;
  readonly message: string;
}

/** What the parser says, in our words where its own are hard to understand. */
function brokenPlaces(document: Document, text: string, format: "YAML" | "JSON"): readonly Broken[] {
  const found = [...document.errors, ...document.warnings];
  if (found.length === 0) return badAliases(document);
  const tooDeep = found.filter(({ message }) => message.startsWith("Maximum call stack"));
  if (tooDeep.length > 0)
    return [{ offset: Math.min(...tooDeep.map(({ pos }) => pos[0])), message: nestedTooDeep }];
  // What follows at the same place follows from the first.
  const first = new Map(found.toReversed().map((error) => [error.pos[0], error]));
  return Array.from(first.values(), ({ code, pos, message }): Broken => {
    const [from] = pos;
    if (code === "MULTIPLE_DOCS") return { offset: from, message: "found a second document, expected one" };
    if (code !== "DUPLICATE_KEY")
      return { offset: from, message: `not valid ${format}: ${message.split("\n")[0]}` };
    const key = /^"[^"]*"|^'[^']*'|^[^:\s]+/.exec(text.slice(from))?.[0] ?? "";
    return { offset: from, message: `found the key ${key} a second time, expected each key once` };
  }).sort((a, b) => a.offset - b.offset);
}

/** Aliases of nothing, and aliases inside what they stand for. */
function badAliases(document: Document): readonly Broken[] {
  const found: Broken[] = [];
  visit(document, {
    Alias: (_, alias: Alias) => {
      const offset = alias.range?.[0] ?? 0;
      const target = alias.resolve(document);
      const [from, , to] = target?.range ?? [0, 0, 0];
      if (target === undefined)
        found.push({ offset, message: `there is no anchor &${alias.source} before this alias` });
      else if (from <= offset && offset < to)
        found.push({ offset, message: `the alias *${alias.source} stands inside its own anchor` });
    },
  });
  return found;
}

function offsetOf(document: Document, path: ScenarioPath, about: "key" | "value"): number {
  let node: Node | null = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const entry = entryOf(isAlias(node) ? (node.resolve(document) ?? null) : node, step);
    if (entry === null) return offset;
    const isLast = depth === path.length - 1;
    node = entry.value;
    offset = (isLast && about === "key" ? entry.key : (entry.value ?? entry.key))?.range?.[0] ?? offset;
  }
  return offset;
}

interface Entry {
  readonly key: Node | null;
  readonly value: Node | null;
}

function entryOf(node: Node | null, step: string | number): Entry | null {
  if (isSeq(node)) {
    const held = node.items[Number(step)] as Node | undefined;
    return held === undefined ? null : { key: held, value: held };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null };
}
