// Three bugs, planted in a copy of the project or in a scenario: looked at closely, the node says what is wrong with it.
// docs/watch.md has the keys that lead there.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { linksPaneOf } from "../../../../adapters/tui/run/links-view.ts";
import { nodePaneOf } from "../../../../adapters/tui/run/node-view.ts";
import { present } from "../../../../core/assert.ts";
import type { Scenario } from "../../../../sim/scenario/scenario.ts";
import type { Playback } from "../../../../sim/watch/playback.ts";
import { mutants } from "../../../mutants/mutants.ts";
import { ProjectCopy } from "../../../sim/project-copy.ts";

interface Edit {
  readonly file: string;
  readonly find: string;
  readonly by: string;
}

/** Runs a scenario with mistakes planted, to a time, and looks at it. */
async function planted<Seen>(
  edits: readonly Edit[],
  { scenario, untilUs }: { readonly scenario: Scenario; readonly untilUs: number },
  look: (playback: Playback) => Seen,
): Promise<Seen> {
  const copy = new ProjectCopy();
  try {
    for (const { file, find, by } of edits) copy.replace(file, { find, by });
    const { createSimulation } =
      await copy.load<typeof import("../../../../sim/host/simulate.ts")>("sim/host/simulate.ts");
    const watch =
      await copy.load<typeof import("../../../../sim/watch/playback.ts")>("sim/watch/playback.ts");
    const playback = watch.Playback.of(createSimulation(scenario));
    playback.advance(untilUs, () => false);
    return look(playback);
  } finally {
    copy.remove();
  }
}

function nodePane(playback: Playback, node: number) {
  const contextId = present(Array.from(playback.shown.world.contextIds.values())[0], "a context");
  return nodePaneOf(playback.detail(node, contextId), { slot: 0, heardUs: new Map(), nowUs: playback.nowUs });
}

const lateParent: Scenario = {
  ...{ name: "late-parent", nodes: 3, until: "30s" },
  network: { latency: { kind: "constant", ms: 400 } },
  workload: [
    {
      ...{ from: "2s", until: "3s", rate: "900/s", nodes: "n0", method: "set" },
      args: { key: "k{int 0 99}", value: "{seq}" },
    },
  ],
  faults: [{ at: "1900ms", until: "2100ms", kind: "loss", rate: 1, nodes: "n2" }],
};

test("a lost wake-up: the node has what it could apply, and nothing to wake it", async () => {
  const { edits } = present(
    mutants.find(({ name }) => name === "wake-up-lost"),
    "the mutant",
  );
  const about = { scenario: lateParent, untilUs: 8_000_000 };
  const trouble = await planted(edits, about, (playback) => nodePane(playback, 2).trouble);
  assert.match(trouble[0]?.text ?? "", /deltas that could be applied: \d+; and it has no wake-up set/);
  assert.equal(await planted([], about, (playback) => nodePane(playback, 2).trouble), []);
});

const sameMoment: Scenario = {
  ...{ name: "same-moment", nodes: 5, until: "30s" },
  workload: [
    { at: "8s", node: "n1", method: "set", args: { key: "title", value: "Monday" } },
    { at: "8s", node: "n3", method: "set", args: { key: "title", value: "Tuesday" } },
  ],
};

test("a wrong tie: the same deltas, another state, and the key that both wrote at one moment", async () => {
  const edit = {
    file: "core/state/types/register.ts",
    find: "  return x === y ? 0 : x < y ? -1 : 1;",
    by: "  return x === y ? 0 : 1;",
  };
  const about = { scenario: sameMoment, untilUs: 12_000_000 };
  const panes = await planted([edit], about, (playback) => [1, 3].map((node) => nodePane(playback, node)));
  const diverged = present(
    panes.find(({ trouble }) => trouble.length > 0),
    "one that is not of the majority",
  );
  assert.match(diverged.trouble[0]?.text ?? "", "the same deltas as n0, and another state");
  const rows = diverged.facts.flatMap((section) => section.rows);
  const tie = present(
    rows.find(({ label }) => label === "entries/title"),
    "the key",
  );
  assert.match(tie.text, /a tie, both of one moment: "(Monday|Tuesday)" here, "(Monday|Tuesday)" there/);
});

test("a one-way cut: who cannot be heard by whom, and the links that are cut one way", async () => {
  const scenario: Scenario = {
    ...{ name: "one-way", nodes: 4, until: "30s" },
    faults: [{ at: "5s", until: "25s", kind: "oneway", from: "n0", to: ["n2", "n3"] }],
  };
  const seen = await planted([], { scenario, untilUs: 20_000_000 }, (playback) => {
    const links = linksPaneOf(playback.links(), {
      plan: playback.plan,
      nowUs: playback.nowUs,
      selected: "n0",
    });
    return { mute: nodePane(playback, 0).trouble, deaf: nodePane(playback, 2).trouble, links };
  });
  assert.is(seen.mute[0]?.text, "what it says does not reach n2, n3, whom it could hear");
  assert.is(seen.deaf[0]?.text, "it does not hear n0, who could hear it");
  assert.match(seen.links.links[0]?.text ?? "", "cut one way, nothing gets from n0 to n2");
  assert.equal(
    seen.links.schedule.map(({ detail, when }) => `${detail} ${when}`),
    ["n0 cannot reach n2..n3 now"],
  );
});

test.run();
