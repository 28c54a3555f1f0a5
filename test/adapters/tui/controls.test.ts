import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Controlled, Controls } from "../../../adapters/tui/controls.ts";
import { nameOfKey } from "../../../adapters/tui/keyboard.ts";
import type { Action } from "../../../adapters/tui/keys.ts";

class Sketch implements Controlled {
  readonly watched = "run";
  readonly kinds = ["gossip", "sync"] as const;
  readonly acted: Action[] = [];
  readonly gone: string[] = [];
  readonly controls = new Controls(this);

  nodes(): readonly string[] {
    return ["n0", "n1", "n2", "n3"];
  }
  latestEvent(): number {
    return 100;
  }
  optionCount(): number {
    return 3;
  }
  goTo(text: string): string | null {
    this.gone.push(text);
    return text === "soon" ? "expected a time" : null;
  }
  act(action: Action): void {
    this.acted.push(action);
  }
  press(...keys: readonly string[]): this {
    for (const key of keys) this.controls.press(key);
    return this;
  }
}

test("numbers and tab go through the panes, and escape goes back to the cluster", () => {
  const { controls } = new Sketch().press("4");
  assert.is(controls.pane, "events");
  controls.press("tab");
  assert.is(controls.pane, "what-if");
  controls.press("tab");
  assert.is(controls.pane, "cluster");
  controls.press("shift-tab");
  controls.press("2");
  controls.press("escape");
  assert.is(controls.pane, "cluster");
});

test("arrows and vi keys choose a node: the next in order, and the nearest in the row below", () => {
  const sketch = new Sketch();
  const { controls } = sketch;
  controls.places = [
    { id: "n0", row: 0, column: 0 },
    { id: "n1", row: 0, column: 5 },
    { id: "n2", row: 1, column: 0 },
    { id: "n3", row: 1, column: 5 },
  ];
  sketch.press("right");
  assert.is(controls.selected, "n0");
  sketch.press("l");
  assert.is(controls.selected, "n1");
  sketch.press("j");
  assert.is(controls.selected, "n3");
  sketch.press("down");
  assert.is(controls.selected, "n3", "there is no row below");
  sketch.press("k", "left");
  assert.is(controls.selected, "n0");
  sketch.press("return");
  assert.is(controls.pane, "node");
});

test("the log stands still once it is scrolled, and follows again at the bottom", () => {
  const sketch = new Sketch().press("4");
  const { controls } = sketch;
  assert.is(controls.logUntil, null);
  sketch.press("up", "up", "up");
  assert.equal([controls.logUntil, controls.scroll], [100, 3]);
  sketch.press("down", "down");
  assert.is(controls.logUntil, 100);
  sketch.press("down");
  assert.is(controls.logUntil, null);
  sketch.press("pageup", "G");
  assert.equal([controls.logUntil, controls.scroll], [null, 0]);
});

test("the log is filtered as one types, by the chosen node, and by one kind after the other", () => {
  const sketch = new Sketch().press("right", "/", "k", "5", " ", "x", "backspace", "return");
  const { controls } = sketch;
  assert.equal(controls.filter, { node: null, kind: null, text: "k5 " });
  assert.equal([controls.pane, controls.prompt], ["events", null]);
  sketch.press("n", "t", "t", "right");
  assert.equal(controls.filter, { node: "n1", kind: "sync", text: "k5 " });
  sketch.press("t", "n", "/", "escape");
  assert.equal(controls.filter, { node: null, kind: null, text: "" });
});

test("a time that is none stays to be corrected, and letters are letters while it is typed", () => {
  const sketch = new Sketch().press("g", "s", "o", "o", "n", "return");
  assert.equal(sketch.controls.prompt?.problem, "expected a time");
  sketch.press("escape", "g", "q", "return");
  assert.equal(sketch.gone, ["soon", "q"]);
  assert.equal([sketch.controls.prompt, sketch.acted], [null, []]);
});

test("while the help is shown, any key but those that scroll closes it", () => {
  const sketch = new Sketch().press("?", "down");
  assert.is(sketch.controls.help?.scroll, 1);
  sketch.press("q");
  assert.equal([sketch.controls.help, sketch.acted], [null, []]);
});

test("what concerns time is handed on", () => {
  assert.equal(new Sketch().press(" ", "]", ",", "x", "q").acted, [
    "pause",
    "next-mark",
    "event-back",
    "quit",
  ]);
});

test("keys are named as they are pressed", () => {
  assert.is(nameOfKey(undefined, { name: "up", sequence: "\u001b[A" }), "up");
  assert.is(nameOfKey("\t", { name: "tab", shift: true }), "shift-tab");
  assert.is(nameOfKey("\u0003", { name: "c", ctrl: true }), "ctrl-c");
  assert.is(nameOfKey("G", { name: "g", shift: true }), "G");
  assert.is(nameOfKey("ä", {}), "ä");
  assert.is(nameOfKey("q", { name: "q", meta: true }), null);
});

test.run();
