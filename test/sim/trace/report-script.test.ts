// The script of an HTML report, run: it draws all there is, and follows the pointer and the keys.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { recordHistory } from "../../../sim/host/export-trace.ts";
import { htmlReport } from "../../../sim/host/html-report.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { breezy } from "../small-plans.ts";
import { ReportPage } from "./report-page.ts";

const failing: Scenario = {
  ...breezy,
  faults: [...(breezy.faults ?? []), { at: "5s", kind: "partition", groups: ["n0..n2", "n3"] }],
  expect: [{ converged: { within: "1s" } }],
};
const history = recordHistory(planOf(failing, 3));
const report = htmlReport(history);
const canvases = ["timeline", "space", "dag"] as const;

function opened(html = report): ReportPage {
  const page = new ReportPage(html);
  page.drawFrame();
  return page;
}

test("a report tells what went wrong, what was called, what each node lacks and how it tried to agree", () => {
  const page = opened();
  const [violation] = history.violations;
  assert.match(page.at("title").text, "breezy, seed 3");
  assert.match(page.at("verdict").text, "failed: liveness");
  assert.match(page.at("violations").text, violation?.message ?? "?");
  assert.match(page.at("calls").text, /n\d {2}set/);
  assert.match(page.at("lacks").text, /without \d+ of \d+ deltas/);
  assert.match(page.at("sessions").text, /s {2}n\d {2}/);
  assert.match(page.at("step").text, /event \d+: /, "it begins with the first violation");
  assert.is(page.at("node").children.length, history.plan.nodes.length);
});

test("each canvas shows what there is of its kind", () => {
  const page = opened();
  const [timeline, space, dag] = canvases.map((id) => page.at(id).drawn);
  assert.ok(timeline !== undefined && space !== undefined && dag !== undefined);
  assert.is(timeline.rectangles, history.plan.faults.length);
  assert.ok(timeline.lines > history.samples.length, "both series and the violation");
  for (const { kind } of history.plan.faults)
    assert.ok(
      timeline.texts.some((text) => text.startsWith(kind)),
      kind,
    );
  assert.ok(space.rectangles > 500 && space.lines > 200, `${space.rectangles} steps`);
  for (const { id } of history.plan.nodes) assert.ok(space.texts.includes(id), id);
  const { context } = history.deltas[0] ?? {};
  assert.is(dag.arcs, history.deltas.filter((delta) => delta.context === context).length);
});

test("the label of a fault stays in its bar, and all of it is told under the pointer", () => {
  const page = opened();
  const timeline = page.at("timeline");
  const labels = timeline.drawn.texts.filter((text) => text.startsWith("partition"));
  assert.match(labels[0] ?? "", /^partition n\d, .*…$/);
  assert.is(labels[1], "partition n0–n2 | n3 | n4–late");
  // The first begins at 1 s, the other lasts to the end; each has its row.
  const at = (timeMs: number) => 64 + (timeMs / history.result.virtualMs) * (900 - 64);
  timeline.happen("pointermove", { offsetX: at(2_000), offsetY: 9 });
  assert.match(timeline.title, /^partition n\d, [^…]* \| n\d, [^…]*$/);
  timeline.happen("pointermove", { offsetX: at(6_000), offsetY: 4 + 13 * 3 + 5 });
  assert.is(timeline.title, labels[1]);
  timeline.happen("pointermove", { offsetX: 10, offsetY: 190 });
  assert.is(timeline.title, "");
});

test("wheel, drag, keys and clicks change what is shown, and nothing is drawn at no place", () => {
  for (const id of ["space", "dag"]) {
    const page = opened();
    const canvas = page.at(id);
    const whole = JSON.stringify(canvas.drawn);
    const act = (kind: string, event: Record<string, unknown>) => {
      canvas.happen(kind, { pointerId: 1, offsetX: 500, offsetY: 60, ...event });
      page.drawFrame();
    };
    act("wheel", { deltaY: -1 });
    assert.is.not(JSON.stringify(canvas.drawn), whole, `${id} is zoomed`);
    act("pointerdown", {});
    act("pointermove", { offsetX: 450 });
    act("pointerup", { offsetX: 450 });
    for (const key of ["+", "-", "ArrowLeft", "ArrowRight", "x"]) act("keydown", { key });
    act("keydown", { key: "0" });
    assert.is(JSON.stringify(canvas.drawn), whole, `${id} shows all again`);
    act("pointerdown", {});
    act("pointerup", {});
  }
});

test("a click shows a step and how it came about, a delta, or the time of a violation", () => {
  const page = opened();
  const click = (id: string, offsetX: number, offsetY: number) => {
    for (const kind of ["pointerdown", "pointerup"])
      page.at(id).happen(kind, { pointerId: 1, offsetX, offsetY });
    page.drawFrame();
  };
  const before = page.at("step").text;
  click("space", 500, 40);
  assert.is.not(page.at("step").text, before);
  click("dag", 500, 60);
  assert.match(page.at("delta").text, /by n\d at .*; this node (LACKS|has) it; parents /);
  page.at("violations").children[0]?.happen("click");
  page.drawFrame();
  assert.is(page.at("step").text, before);
  page.at("sessions").children[0]?.happen("click");
  for (const id of ["node", "context"]) page.at(id).happen("change");
  page.drawFrame();
});

test("a run in which nothing was called and nothing went wrong is shown too", () => {
  const page = opened(htmlReport(recordHistory(planOf({ name: "quiet", nodes: 2, until: "1s" }, 1))));
  assert.match(page.at("verdict").text, "passed");
  assert.is(page.at("calls").text, "Nothing was called.");
  assert.is(page.at("lacks").text, "No node lacks a delta.");
});

test.run();
