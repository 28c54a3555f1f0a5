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

/** Throws a `ScenarioError` whose messages begin with `name:line:column`. */
export function parseYaml(text: string, name: string): YamlSource {
  const lines = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const fail = (found: readonly { readonly offset: number; readonly message: string }[]): never => {
    const problems = found.map(
      ({ message }): ScenarioProblem => ({ code: "syntax", path: [], about: "value", message }),
    );
    throw new ScenarioError(problems, (problem) => {
      const { line, column } = positionAt(found[problems.indexOf(problem)]?.offset ?? 0);
      return `${name}:${line}:${column}: ${problem.message}`;
    });
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const broken = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
      offset: pos[0],
      message: plain(message),
    }));
    if (broken.length > 0) fail(broken);
    const circles = badAliases(document);
    if (circles.length > 0) fail(circles);
    const data: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return { data, positionOf: (path, about) => positionAt(offsetOf(document, path, about)) };
  } catch (error) {
    if (error instanceof RangeError) fail([{ offset: 0, message: "lists and objects are nested too deep" }]);
    if (error instanceof ReferenceError) {
      fail([
        {
          offset: 0,
          message: `aliases repeat too much: expected at most ${aliasesMax} times what is written out`,
        },
      ]);
    }
    throw error;
  }
}

/** A value of its own, as in `--set path=value`. Gives null for text that is empty. Throws an `Error` with one line. */
export function parseYamlValue(text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) throw new Error(plain(broken.message));
  if (badAliases(document).length > 0) throw new Error("an alias without its anchor");
  return document.toJS({ maxAliasCount: aliasesMax });
}

function plain(message: string): string {
  const [first = ""] = message.split("\n");
  return first.startsWith("Source contains multiple documents")
    ? "found a second document, expected one"
    : first;
}

/** Aliases of nothing, and aliases inside what they stand for. */
function badAliases(document: Document): readonly { readonly offset: number; readonly message: string }[] {
  const found: { offset: number; message: string }[] = [];
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
