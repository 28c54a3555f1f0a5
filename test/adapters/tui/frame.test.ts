import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderFrame } from "../../../adapters/tui/frame.ts";
import { createTheme } from "../../../adapters/tui/theme.ts";
import type { ViewModel } from "../../../adapters/tui/view-model.ts";
import { nodeOf, viewOf } from "./views.ts";

const colours = createTheme(3);
const plain = createTheme(0);

function linesOf(view: ViewModel, columns: number, rows: number): readonly string[] {
  return stripVTControlCharacters(renderFrame(view, { columns, rows }, colours)).split("\n");
}

function countOf(text: string, what: string): number {
  return text.split(what).length - 1;
}

test("a frame shows the run, its two sides, roots, faults, figures and keys", () => {
  const lines = linesOf(viewOf(), 100, 29);
  const text = lines.join("\n");
  assert.match(
    lines[0] ?? "",
    /^ partition-heals {2}seed 42 .* ▶ 18× real time \(limit 20×\) {2}61,204 events\/s$/,
  );
  assert.match(text, /34\.2 s ━+─+ 180\.0 s/);
  assert.match(text, /faults +━+/);
  assert.match(text, /2 roots [▁▂▃▄▅▆▇█]+/);
  assert.match(text, /side A · 50 nodes +┃ side B · 50 nodes/);
  const cells = lines.filter((line) => line.startsWith(" ████ ")).map((line) => countOf(line, "████"));
  assert.equal(cells, [18, 18, 18, 18, 18, 10]);
  assert.match(text, "■ 50 aaaaaaa0   ■ 50 aaaaaaa1");
  assert.match(text, "writes acknowledged 333   propagation p50 117 ms   pending 3   messages 3,196/s");
  assert.match(text, /partition +50 \| 50 +35\.8 s left/);
  assert.match(text, "q quit   ? keys   1-5 panes");
});

test("the nodes of one root have one colour, and those of another root another", () => {
  const frame = renderFrame(viewOf(), { columns: 100, rows: 29 }, colours);
  const inColour = (code: string) => countOf(frame, `\u001b[38;2;${code}m████`);
  assert.is(inColour("86;180;233"), 50);
  assert.is(inColour("230;159;0"), 50);
});

test("without colours there are no escapes, and each root is a letter", () => {
  const frame = renderFrame(viewOf(), { columns: 100, rows: 29 }, plain);
  assert.not.match(frame, "\u001b");
  assert.is(countOf(frame, "A A A A"), countOf(frame, "B B B B"));
  assert.match(frame, "A 50 aaaaaaa0   B 50 aaaaaaa1");
});

test("a small terminal shows less of the same", () => {
  const text = linesOf(viewOf(), 60, 14).join("\n");
  assert.match(text, "partition-heals");
  assert.match(text, /side A · 50 nodes +┃ side B · 50 nodes/);
  assert.is(countOf(text, "■"), 100 + 2);
  assert.match(text, "q quit");
});

test("a thousand nodes have a column each where there is room, and share cells where there is none", () => {
  const view = viewOf({ nodes: 1_000 });
  assert.is(countOf(linesOf(view, 100, 29).join("\n"), "■"), 1_000 + 2);
  const small = linesOf(view, 60, 14).join("\n");
  assert.match(small, "4 nodes a cell");
  assert.is(countOf(small, "■"), 250 + 2);
});

test("a cell whose nodes are not equal looks different from one whose nodes are", () => {
  const mixed = linesOf(viewOf({ nodes: 1_000, roots: 3 }), 60, 14).join("\n");
  assert.is(countOf(mixed, "▒"), 250);
});

test("few nodes are tiles with names, and a node that does not run bears a mark", () => {
  const nodes = [
    nodeOf({ id: "works" }),
    nodeOf({ id: "crashed", mark: "down", slot: null }),
    nodeOf({ id: "halted", mark: "paused" }),
    nodeOf({ id: "newcomer", mark: "joining", slot: null }),
    nodeOf({ id: "later", mark: "absent", slot: null }),
    nodeOf({ id: "gone", mark: "left", slot: null }),
  ];
  const text = linesOf(viewOf({}, { sides: [{ name: "A", nodes }] }), 100, 29).join("\n");
  assert.match(text, /works +✕ crashed +‖ halted +○ newcomer +◌ later +– gone/);
  assert.match(text, "✕ 1 down   ‖ 1 paused   ○ 1 joining   – 1 left   ◌ 1 not there yet");
});

test("a cut opens and heals without a node changing its place", () => {
  const cut = linesOf(viewOf(), 100, 29);
  const healed = linesOf(viewOf({ isCut: false }), 100, 29);
  const withoutWall = (lines: readonly string[]) =>
    lines.filter((line) => line.includes("████")).map((line) => line.replace("┃", " ").trimEnd());
  assert.equal(withoutWall(cut), withoutWall(healed));
  assert.is(countOf(healed.join("\n"), "┃"), 0);
});

test("many sides follow one another when they do not fit beside each other", () => {
  const text = linesOf(viewOf({ sides: 20, roots: 20 }), 80, 23).join("\n");
  assert.is(countOf(text, "┃"), 19);
});

test("more faults than there is room for are counted", () => {
  assert.match(linesOf(viewOf({ faults: 9 }), 80, 23).join("\n"), "and 6 more faults");
});

test("a violation is told at once", () => {
  assert.match(linesOf(viewOf({ violations: 2 }), 80, 23).join("\n"), "✘ 2 violations: bounds n1: too many");
});

test("at the end the verdict stands in the title, and no keys are offered", () => {
  const verdict = { isPassed: true, text: "passed, converged at 75.2 s" };
  const lines = linesOf(viewOf({ roots: 1 }, { verdict, keys: [] }), 100, 20);
  assert.match(lines[0] ?? "", /✔ passed, converged at 75\.2 s$/);
  assert.match(lines.join("\n"), "all 100 nodes have root aaaaaaa0");
  assert.not.match(lines.join("\n"), "quit");
});

test("a name with wide, joining and control characters neither breaks the line nor the terminal", () => {
  const name = "分断 \u001b[2J heals 👩‍👩‍👧 e\u0301\n".repeat(5);
  const [title] = renderFrame(viewOf({ name }), { columns: 60, rows: 14 }, plain).split("\n");
  assert.is(title, " 分断 [2J heals 👩👩👧 e\u0301 分断 [2J heals 👩…  seed 42  ▶ 18×");
});

test.run();
