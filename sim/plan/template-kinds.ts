/** What each template gives. A draw depends on integers and tables alone. */

import { showCount } from "../scenario/scenario-error.ts";
import type { Filling } from "./template.ts";

export type CompiledTemplate =
  | { readonly kind: "right"; readonly fill: (filling: Filling) => string; readonly drawnCharacters: number }
  | { readonly kind: "wrong"; readonly isKnown: boolean; readonly expected: string };

interface TemplateKind {
  readonly usage: string;
  readonly expected: string;
  /** Null when the words do not fit. */
  compile(words: readonly string[]): ((filling: Filling) => string) | null;
}

const zipfMax = 1_000_000;
export const bytesMax = 1_048_576;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const lettersPerDraw = 5;

const kinds: Readonly<Record<string, TemplateKind>> = {
  int: {
    usage: "{int a b}",
    expected: "{int a b}: a whole number from a to b, both included, a not above b",
    compile: compileInt,
  },
  node: {
    usage: "{node}",
    expected: "{node}: the id of the node that is called",
    compile: (words) => (words.length === 0 ? ({ node }) => node : null),
  },
  seq: {
    usage: "{seq}",
    expected: "{seq}: the number of the call in its workload entry, from 0",
    compile: (words) => (words.length === 0 ? ({ seq }) => String(seq) : null),
  },
  pick: {
    usage: "{pick a b c}",
    expected: "{pick a b c}: one of at least one word",
    compile: (words) => (words.length > 0 ? ({ draws }) => draws.pick(words) : null),
  },
  zipf: {
    usage: "{zipf n}",
    expected: `{zipf n}: a whole number from 0 to n - 1, low ones more often, n from 1 to ${showCount(zipfMax)}`,
    compile: compileZipf,
  },
  bytes: {
    usage: "{bytes n}",
    expected: `{bytes n}: n characters of text, n from 0 to ${showCount(bytesMax)}`,
    compile: compileBytes,
  },
};

export const templateUsages: readonly string[] = Object.values(kinds).map(({ usage }) => usage);

/** The template of this name with these words after it. */
export function compileTemplate(name: string, words: readonly string[]): CompiledTemplate {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === undefined) return { kind: "wrong", isKnown: false, expected: "" };
  const fill = kind.compile(words);
  if (fill === null) return { kind: "wrong", isKnown: true, expected: kind.expected };
  return { kind: "right", fill, drawnCharacters: name === "bytes" ? Number(words[0]) : 0 };
}

function compileInt(words: readonly string[]): ((filling: Filling) => string) | null {
  const [min, max] = words.map(wholeNumber);
  if (words.length !== 2 || min === undefined || max === undefined) return null;
  if (min > max || !Number.isSafeInteger(max - min + 1)) return null;
  return ({ draws }) => String(draws.between(min, max));
}

/** Number k comes up in proportion to 1 / (k + 1) (Zipf's law with exponent 1): a table of summed weights. */
function compileZipf(words: readonly string[]): ((filling: Filling) => string) | null {
  const count = wholeNumber(words[0] ?? "");
  if (words.length !== 1 || count === undefined || count < 1 || count > zipfMax) return null;
  const weightOfFirst = 0x1_0000_0000;
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    sum += Math.floor(weightOfFirst / (rank + 1));
    sums[rank] = sum;
  }
  return ({ draws }) => String(firstAbove(sums, draws.between(0, sum - 1)));
}

/** The index of the first sum above the value. O(log n). */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function compileBytes(words: readonly string[]): ((filling: Filling) => string) | null {
  const count = wholeNumber(words[0] ?? "");
  if (words.length !== 1 || count === undefined || count < 0 || count > bytesMax) return null;
  return ({ draws }) => {
    let text = "";
    while (text.length < count) {
      let bits = draws.uint32();
      for (let drawn = 0; drawn < lettersPerDraw; drawn += 1) {
        text += letters[bits & 63];
        bits >>>= 6;
      }
    }
    return text.slice(0, count);
  };
}

function wholeNumber(word: string): number | undefined {
  const value = /^-?\d+$/.test(word) ? Number(word) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
