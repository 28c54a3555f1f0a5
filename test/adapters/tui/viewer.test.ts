import { test } from "uvu";
import * as assert from "uvu/assert";
import { countRoots, sampleNodes } from "../../../adapters/tui/sample.ts";
import type { NodeView } from "../../../adapters/tui/view-model.ts";
import { concluded, type RunView, Viewer } from "../../../adapters/tui/viewer.ts";
import { present } from "../../../core/assert.ts";
import { createSimulation } from "../../../sim/host/simulate.ts";
import { defineScenario, type Scenario } from "../../../sim/scenario/scenario.ts";
import type { Simulation } from "../../../sim/simulation.ts";

const split = defineScenario({
  name: "split",
  nodes: 6,
  until: "40s",
  workload: [
    {
      from: "1s",
      until: "12s",
      rate: "4/s",
      nodes: "all",
      method: "set",
      args: { key: "k{int 0 9}", value: "{seq}" },
    },
  ],
  faults: [
    { at: "5s", until: "20s", kind: "partition", groups: [["n0", "n3", "n5"]] },
    { at: "6s", until: "10s", kind: "crash", nodes: ["n1"], disk: "keep" },
    { at: "14s", until: "16s", kind: "pause", nodes: ["n2"] },
  ],
});

class Watched {
  readonly simulation: Simulation;
  readonly viewer: Viewer;

  constructor(scenario: Scenario) {
    this.simulation = createSimulation(scenario);
    this.viewer = new Viewer(this.simulation, { description: null });
  }

  at(seconds: number): RunView {
    const nowUs = seconds * 1_000_000;
    this.simulation.runUntil(nowUs);
    this.viewer.observe(this.simulation, { nowUs });
    const pace = { isPaused: false, isBackwards: false, goal: null, limit: 10 };
    return this.viewer.view(
      this.simulation,
      { realMs: seconds * 100, nowUs, endUs: this.simulation.plan.untilUs },
      { pace, selected: null },
    );
  }
}

function node(view: RunView, id: string): NodeView {
  return present(
    view.sides.flatMap(({ nodes }) => nodes).find((other) => other.id === id),
    id,
  );
}

function sides(view: RunView): readonly string[] {
  return view.sides.map(({ name, nodes }) => `${name}: ${nodes.map(({ id }) => id).join(" ")}`);
}

test("before a cut all agree, during it each side has a root of its own, and at the end there is one", () => {
  const watched = new Watched(split);
  assert.is(watched.at(0.5).groups.length, 1);
  assert.equal(sides(watched.at(4)), ["A: n0 n3 n5", "A: n1 n2 n4"]);

  const cut = watched.at(19);
  assert.equal(sides(cut), ["A: n0 n3 n5", "B: n1 n2 n4"]);
  assert.is(cut.groups.length, 2);
  assert.is(node(cut, "n0").slot, node(cut, "n5").slot);
  assert.is(node(cut, "n1").slot, node(cut, "n4").slot);
  assert.is.not(node(cut, "n0").slot, node(cut, "n1").slot);
  assert.equal(cut.faults, [{ kind: "partition", detail: "3 | 3", left: { us: 1_000_000 } }]);

  const end = watched.at(40);
  assert.equal(sides(end), ["A: n0 n3 n5", "A: n1 n2 n4"]);
  assert.equal(
    end.groups.map(({ nodes }) => nodes),
    [6],
  );
  assert.equal(end.faults, []);
  const counts = end.rootCounts.filter((count) => count !== null);
  assert.is(counts.at(-1), 1);
  assert.ok(Math.max(...counts) >= 2);
});

test("a crashed and a paused node are marked, and a crashed one has no root", () => {
  const watched = new Watched(split);
  assert.equal(node(watched.at(8), "n1"), { id: "n1", mark: "down", slot: null, isSelected: false });
  assert.is(node(watched.at(11), "n1").mark, "up");
  const paused = node(watched.at(15), "n2");
  assert.is(paused.mark, "paused");
  assert.is.not(paused.slot, null);
});

test("a node that joins later is absent, and one that left is gone", () => {
  const watched = new Watched({
    ...split,
    faults: [
      { at: "5s", kind: "join", nodes: "late" },
      { at: "10s", kind: "leave", nodes: "n0" },
    ],
  });
  assert.is(node(watched.at(1), "late").mark, "absent");
  const after = watched.at(10.5);
  assert.is(node(after, "late").mark, "up");
  assert.is(node(after, "n0").mark, "left");
  assert.equal(after.faults, [{ kind: "leave", detail: "n0", left: "moment" }]);
});

test("with several contexts one is shown at a time, and those outside it are marked", () => {
  const watched = new Watched({
    name: "two",
    nodes: 3,
    contexts: [{ id: "all" }, { id: "pair", members: ["n0", "n1"] }],
    until: "10s",
  });
  assert.equal(watched.at(1).context, { id: "all", position: 0, count: 2 });
  watched.viewer.showNextContext();
  const pair = watched.at(2);
  assert.is(pair.context.id, "pair");
  assert.is(node(pair, "n2").mark, "outside");
  watched.viewer.showNextContext();
  assert.is(watched.at(3).context.id, "all");
});

test("figures count what the simulation counts", () => {
  const watched = new Watched(split);
  watched.at(11);
  const { figures, pace } = watched.at(13);
  assert.is(figures.acknowledged, watched.simulation.acknowledged);
  assert.ok(figures.acknowledged > 30);
  assert.ok((figures.propagationP50Ms ?? 0) >= 20);
  assert.ok((figures.messagesPerSecond ?? 0) > 0);
  assert.is(Math.round(pace.reached ?? 0), 10);
});

test("the end is the result's", () => {
  const watched = new Watched(split);
  const view = watched.at(39);
  const result = watched.simulation.finish();
  const end = concluded(view, result);
  assert.is(end.nowUs, 40_000_000);
  assert.is(end.figures.propagationP50Ms, result.propagationMs.p50);
  assert.match(end.verdict?.text ?? "", /^passed, converged at \d+\.\d s$/);
});

test("looking at a simulation does not change it", () => {
  const alone = createSimulation(split).finish();
  const watched = new Watched(split);
  for (let seconds = 0; seconds <= 40; seconds += 0.25) watched.at(seconds);
  assert.is(watched.simulation.finish().traceHash, alone.traceHash);
});

test("a thousand nodes are looked at, one by one, and their roots counted", () => {
  const simulation = createSimulation({ name: "large", nodes: 1_000, until: "1s" });
  const contextId = present([...simulation.world.contextIds.values()][0], "a context");
  simulation.runUntil(0);
  assert.is(sampleNodes(simulation, contextId).length, 1_000);
  assert.is(countRoots(simulation, contextId), 1);
});

test.run();
