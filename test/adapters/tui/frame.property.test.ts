import { stripVTControlCharacters } from "node:util";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderFrame } from "../../../adapters/tui/frame.ts";
import { widthOf } from "../../../adapters/tui/text.ts";
import { createTheme } from "../../../adapters/tui/theme.ts";
import { holds } from "../../laws.ts";
import { viewOf } from "./views.ts";

const sketches = fc.record({
  nodes: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 10_000 })),
  sides: fc.integer({ min: 1, max: 12 }),
  roots: fc.integer({ min: 1, max: 40 }),
  faults: fc.integer({ min: 0, max: 12 }),
  violations: fc.integer({ min: 0, max: 5 }),
  isCut: fc.boolean(),
  name: fc.string({ minLength: 1, maxLength: 200, size: "max", unit: "grapheme" }),
});
const sizes = fc.record({ columns: fc.integer({ min: 1, max: 220 }), rows: fc.integer({ min: 1, max: 70 }) });
const levels = fc.constantFrom(0, 1, 2, 3);

test("a frame has as many lines as there are rows, none wider than the terminal", () => {
  const fits = fc.property(sketches, sizes, levels, (sketch, size, level) => {
    const lines = renderFrame(viewOf(sketch), size, createTheme(level)).split("\n");
    assert.is(lines.length, size.rows);
    for (const line of lines) assert.ok(widthOf(stripVTControlCharacters(line)) <= size.columns, line);
  });
  holds(fits, { share: 0.5 });
});

test("from 60 columns and 14 rows on, every part has its place", () => {
  const enough = fc.record({
    columns: fc.integer({ min: 60, max: 220 }),
    rows: fc.integer({ min: 14, max: 70 }),
  });
  const isWhole = fc.property(sketches, enough, ({ violations: _, ...sketch }, size) => {
    const text = renderFrame(viewOf(sketch), size, createTheme(0));
    for (const part of ["seed 42", "34.2 s", "root", "writes", "q quit"]) assert.match(text, part);
    assert.not.match(text, "too small");
  });
  holds(isWhole, { share: 0.5 });
});

test.run();
