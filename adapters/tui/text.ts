/** Lines of styled text that fit: how wide text is on a terminal, cutting it, and writing numbers for people. */

import type { Style, Theme } from "./theme.ts";

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

const plainAscii = /^[\x20-\x7e]*$/;
const invisible = /\p{Mn}|\p{Me}/u;
const wide =
  /[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Columns a text takes. For text that `printable` has seen. */
export function widthOf(text: string): number {
  if (plainAscii.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** On one line, and without what would move the cursor, change colours or join characters. */
export function printable(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/\p{C}|[\u20e3\ufe00-\ufe0f]/gu, "")
    .trim();
}

/** Cuts a text to a width; a cut one ends in "…". */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  let width = 0;
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

export function lineWidth(line: Line): number {
  return line.reduce((columns, { text }) => columns + widthOf(text), 0);
}

/** Cuts a line to a width. */
export function cutLine(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let left = columns;
  for (const { text, style } of line) {
    const width = widthOf(text);
    // What follows needs at least one column, for its "…".
    if (width < left) {
      kept.push({ text, style });
      left -= width;
    } else {
      kept.push({ text: cut(`${text} `, left), style });
      break;
    }
  }
  return kept;
}

/** The left part at the left, the right part at the right; where both do not fit, the right one is left out. */
export function spread(left: Line, right: Line, columns: number): Line {
  const gap = columns - lineWidth(left) - lineWidth(right);
  return gap < 2 ? cutLine(left, columns) : [...left, span(" ".repeat(gap)), ...right];
}

/** Fills a line up to a width with spaces. */
export function padLine(line: Line, columns: number): Line {
  const missing = columns - lineWidth(line);
  return missing > 0 ? [...line, span(" ".repeat(missing))] : cutLine(line, columns);
}

/** Joins parts with a separator, as many as fit. */
export function joinFitting(
  parts: readonly Line[],
  { columns, separator }: { readonly columns: number; readonly separator: string },
): Line {
  const joined: Span[] = [];
  let width = 0;
  for (const part of parts) {
    const added = lineWidth(part) + (joined.length === 0 ? 0 : separator.length);
    if (joined.length > 0 && width + added > columns) break;
    if (joined.length > 0) joined.push(span(separator));
    joined.push(...part);
    width += added;
  }
  return cutLine(joined, columns);
}

/** Neighbours of one style are painted together, so that a frame has few escapes. */
export function paintLine(line: Line, theme: Theme): string {
  let painted = "";
  let run: Span | null = null;
  for (const { text, style } of line) {
    if (run !== null && run.style === style) {
      run = { text: run.text + text, style };
    } else {
      if (run !== null) painted += theme.paint(run.text, run.style);
      run = { text, style };
    }
  }
  return run === null ? painted : painted + theme.paint(run.text, run.style);
}

export function formatSeconds(us: number, decimals = 1): string {
  return `${(us / 1_000_000).toFixed(decimals)} s`;
}

export function formatDelay(ms: number): string {
  return ms < 10_000 ? `${formatCount(ms)} ms` : formatSeconds(ms * 1_000);
}

/** 1234567 as "1,234,567", whatever the locale. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** Three digits or so: 0.25, 6.7, 20. */
export function formatRate(rate: number): string {
  if (rate >= 10) return formatCount(rate);
  return String(Number(rate.toFixed(rate >= 1 ? 1 : 2)));
}

function columnsOf(character: string): number {
  if (invisible.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
