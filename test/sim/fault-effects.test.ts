// What each fault does to a run, beside the same run without it: a table over all kinds. That faults are counted is
// test/sim/faults.test.ts; a counter says that somebody was to be hit, and not that it hurt.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FaultKind } from "../../sim/plan/plan.ts";
import type { Scenario, ScenarioFault } from "../../sim/scenario/scenario.ts";
import {
  allCrossings,
  apart,
  arrivedLater,
  busyPair,
  type Crossing,
  crossed,
  deltasOn,
  frameCrossings,
  fromUs,
  gossipCrossings,
  handledBy,
  heard,
  isWithin,
  least,
  type ObservedRun,
  observePair,
  overtakings,
  replicaOf,
  said,
  share,
  startsOf,
  untilUs,
} from "./observed-run.ts";

const lasting = { at: "2s", until: "4s" };
const crossingUs = 20_000;
const kbps = 200;
const [middleUs, afterUs] = [3_000_000, 5_000_000];
/** Whoever crashed has started again, and heard nothing yet. */
const startedUs = untilUs + 1;
const moments = [1_500_000, fromUs - 1, middleUs, startedUs, afterUs];

interface Effect {
  readonly title: string;
  readonly fault: ScenarioFault;
  readonly more?: Partial<Scenario>;
  /** Asserts what is otherwise in the run with the fault than in the one without. */
  readonly shows: (run: ObservedRun, sound: ObservedRun) => void;
}

type Effects = { readonly [Kind in Exclude<FaultKind, "byzantine">]: Omit<Effect, "title"> };

/** One of each kind; a new kind does not compile until it is here. What liars do is test/sim/liar-effects.test.ts. */
const effects: Effects = {
  partition: {
    fault: { ...lasting, kind: "partition", groups: ["n0"] },
    shows: (run, sound) => {
      assert.equal([crossed(run, "n0", "n1"), crossed(run, "n1", "n0")], [0, 0]);
      assert.equal([arrivedLater(run, "n0", "n1"), arrivedLater(run, "n1", "n0")], [0, 0]);
      assert.ok(crossed(sound, "n0", "n1") > 50 && crossed(sound, "n1", "n0") > 50);
    },
  },
  flap: {
    fault: { ...lasting, kind: "flap", groups: ["n0"], period: "500ms" },
    shows: (run) => {
      const isCut = (timeUs: number) => (timeUs - fromUs) % 500_000 < 250_000;
      const times = heard(run, "n1", "gossip", "stream-frame").map(({ timeUs }) => timeUs);
      assert.is(times.filter(isCut).length, 0);
      const periods = new Set(times.map((timeUs) => Math.floor((timeUs - fromUs) / 500_000)));
      assert.equal([...periods], [0, 1, 2, 3]);
    },
  },
  oneway: {
    fault: { ...lasting, kind: "oneway", from: "n0", to: "n1" },
    shows: (run) => {
      assert.is(crossed(run, "n0", "n1"), 0);
      assert.ok(crossed(run, "n1", "n0") > 50);
    },
  },
  loss: {
    fault: { ...lasting, kind: "loss", rate: 0.5 },
    shows: (run, sound) => {
      const [came, sent] = [
        gossipCrossings(run, "n0", "n1").length,
        gossipCrossings(sound, "n0", "n1").length,
      ];
      assert.ok(came > 0.3 * sent && came < 0.7 * sent, `${came} of ${sent}`);
      // On a stream what is lost is sent again.
      const isLate = ({ tookUs }: Crossing) => tookUs >= 200_000;
      assert.ok(share(frameCrossings(run, "n0", "n1"), isLate) > 0.3);
      assert.ok(share(frameCrossings(sound, "n0", "n1"), isLate) < 0.1);
    },
  },
  duplicate: {
    fault: { ...lasting, kind: "duplicate", rate: 0.5 },
    shows: ({ result }, sound) => {
      assert.ok((result.messages["gossip-duplicate"] ?? 0) > 50);
      assert.is(sound.result.messages["gossip-duplicate"], undefined);
    },
  },
  reorder: {
    fault: { ...lasting, kind: "reorder", rate: 0.5 },
    shows: (run, sound) => {
      assert.ok(overtakings(gossipCrossings(run, "n0", "n1")) > 5);
      assert.is(overtakings(gossipCrossings(sound, "n0", "n1")), 0);
    },
  },
  corrupt: {
    fault: { ...lasting, kind: "corrupt", rate: 1 },
    shows: (run, sound) => {
      assert.is(gossipCrossings(run, "n0", "n1").length + gossipCrossings(run, "n1", "n0").length, 0);
      // Of what was under way when it began nothing is damaged.
      const frames = heard(run, "n1", "stream-frame").filter(({ timeUs }) => timeUs > fromUs + 100_000);
      assert.is(frames.length, 0);
      assert.ok(heard(run, "n1", "peer-disconnected").length > 1);
      assert.is(heard(sound, "n1", "peer-disconnected").length, 0);
    },
  },
  latency: {
    fault: { ...lasting, kind: "latency", addMs: 100 },
    shows: (run, sound) => {
      assert.ok(least(allCrossings(run)) >= crossingUs + 100_000);
      assert.is(least(allCrossings(sound)), crossingUs);
    },
  },
  bandwidth: {
    fault: { ...lasting, kind: "bandwidth", kbps },
    shows: (run, sound) => {
      const isHeldBack = ({ bytes, tookUs }: Crossing) =>
        tookUs >= crossingUs + (bytes.length * 8_000) / kbps;
      assert.is(share(allCrossings(run), isHeldBack), 1);
      assert.ok(share(frameCrossings(sound, "n0", "n1"), ({ tookUs }) => tookUs === crossingUs) > 0.5);
    },
  },
  crash: {
    fault: { ...lasting, kind: "crash", nodes: "n1", disk: "lose-unsynced" },
    shows: (run) => {
      assert.is(handledBy(run, "n1").length, 0);
      assert.equal(startsOf(run, "n1"), [0, untilUs]);
    },
  },
  pause: {
    fault: { ...lasting, kind: "pause", nodes: "n1" },
    shows: (run) => {
      assert.is(handledBy(run, "n1").length, 0);
      assert.equal(startsOf(run, "n1"), [0]);
      const caughtUp = run.events.filter(({ node, timeUs }) => node === "n1" && timeUs === untilUs);
      assert.ok(caughtUp.length > 100, `it handles at once what waited, ${caughtUp.length}`);
    },
  },
  "clock-jump": {
    fault: { at: "2s", kind: "clock-jump", nodes: "n0", byMs: 60_000 },
    shows: (run) => {
      assert.equal(apart(run, 1_500_000), { wallMs: 0, monotonicMs: 0 });
      assert.equal(apart(run, middleUs), { wallMs: 60_000, monotonicMs: 0 });
    },
  },
  "clock-drift": {
    fault: { ...lasting, kind: "clock-drift", nodes: "n0", ppm: 5_000 },
    shows: (run) => {
      assert.equal(apart(run, fromUs - 500_000), { wallMs: 0, monotonicMs: 0 });
      // Of two seconds, and no more once it is over.
      assert.equal(apart(run, afterUs), { wallMs: 10, monotonicMs: 10 });
    },
  },
  slow: {
    fault: { ...lasting, kind: "slow", nodes: "n1", factor: 2_000 },
    shows: (run, sound) => {
      const times = handledBy(run, "n1").map(({ timeUs }) => timeUs);
      assert.ok(times.length > 1 && times.length <= 6);
      assert.ok(times.every((timeUs, nth) => nth === 0 || timeUs - (times[nth - 1] ?? 0) >= 400_000));
      assert.ok(handledBy(sound, "n1").length > 200);
    },
  },
  "disk-slow": {
    fault: { ...lasting, kind: "disk-slow", nodes: "n1", syncMs: 300 },
    shows: (run, sound) => {
      // What a node says waits for its disk; the first was written while a sync was under way.
      const isLate = ({ tookUs }: Crossing) => tookUs >= crossingUs + 300_000;
      assert.ok(share(gossipCrossings(run, "n1", "n0"), isLate) > 0.3);
      assert.is(share(gossipCrossings(sound, "n1", "n0"), isLate), 0);
    },
  },
  "disk-full": {
    fault: { ...lasting, kind: "disk-full", nodes: "n1" },
    shows: (run, sound) => {
      assert.is(gossipCrossings(run, "n1", "n0").length, 0);
      assert.ok(gossipCrossings(sound, "n1", "n0").length > 50);
      assert.ok(run.result.probes["disk-gave-up"]);
    },
  },
  "disk-fail": {
    fault: { ...lasting, kind: "disk-fail", nodes: "n1", rate: 0.5 },
    shows: (run, sound) => {
      const isLate = ({ tookUs }: Crossing) => tookUs >= crossingUs + 50_000;
      assert.ok(share(gossipCrossings(run, "n1", "n0"), isLate) > 0.3);
      assert.is(share(gossipCrossings(sound, "n1", "n0"), isLate), 0);
    },
  },
  join: {
    fault: { at: "2s", kind: "join", nodes: "late" },
    shows: (run) => {
      assert.equal(startsOf(run, "late"), [fromUs]);
      assert.is(run.result.nodes, 3);
      const [late = 0, n0 = 0] = [2, 0].map((node) => replicaOf(run, node, afterUs)?.deltas.graph.count);
      assert.ok(late > 400 && late > n0 - 20, `${late} of ${n0} deltas`);
    },
  },
  leave: {
    fault: { at: "2s", kind: "leave", nodes: "n1" },
    shows: (run) => {
      const inputs = run.events.filter(({ node, timeUs }) => node === "n1" && timeUs >= fromUs);
      assert.equal([...inputs.map(({ input }) => input.kind)], ["stop"]);
      assert.is(run.moments.get(middleUs)?.world.node(1).status, "left");
      assert.is(heard(run, "n0", "peer-disconnected").length, 1);
    },
  },
};

/** Nothing is written before it that would have to be on the disk first. */
const quiet = { workload: (busyPair.workload ?? []).filter(({ method }) => method === "put-blob") };

/** Other ways in which a kind can be asked for, and other things that it does. */
const variants: readonly Effect[] = [
  {
    title: "disk-slow where chunks of blobs are kept",
    fault: { ...lasting, kind: "disk-slow", nodes: "n1", syncMs: 300 },
    more: quiet,
    shows: (run) => {
      const times = [said(run.events, "n1", "store-chunk"), heard(run, "n1", "chunk-stored")];
      const [askedUs = 0, storedUs = 0] = times.map(
        (of) => of.findLast(({ timeUs }) => isWithin(timeUs))?.timeUs,
      );
      assert.is(storedUs - askedUs, 300_000);
    },
  },
  ...(["disk-full", "disk-fail"] as const).map((kind): Effect => {
    return {
      title: `${kind} where chunks of blobs are kept`,
      fault: { ...lasting, nodes: "n1", ...(kind === "disk-full" ? { kind } : { kind, rate: 1 }) },
      more: quiet,
      shows: (run, sound) => {
        const problems = (of: ObservedRun) =>
          heard(of, "n1", "chunk-stored").map(({ input }) => input.problem);
        assert.ok(problems(run).length > 0 && problems(run).every((problem) => problem !== null));
        assert.ok(problems(sound).length > 0 && problems(sound).every((problem) => problem === null));
      },
    };
  }),
  {
    title: "latency drawn otherwise",
    fault: { ...lasting, kind: "latency", latency: { kind: "constant", ms: 7 } },
    shows: (run) => assert.is(least(allCrossings(run)), 7_000),
  },
  ...(["keep", "torn"] as const).map((disk): Effect => {
    return {
      title: `a crash with disk ${disk}`,
      fault: { ...lasting, kind: "crash", nodes: "n1", disk },
      more: { disk: { syncMs: 400 } },
      shows: (run) => {
        const [before, after] = [deltasOn(run, fromUs - 1), deltasOn(run, middleUs)];
        assert.is(after.length < before.length, disk === "torn", `${before.length}, then ${after.length}`);
      },
    };
  }),
  {
    title: "a crash with the disk wiped",
    fault: { ...lasting, kind: "crash", nodes: "n1", disk: "wipe" },
    shows: (run) => {
      assert.is(run.moments.get(middleUs)?.world.node(1).disk.memory.entries.size, 0);
      assert.is(run.moments.get(middleUs)?.world.node(1).chunks.size, 0);
    },
  },
  {
    title: "a crash with the disk rolled back",
    fault: { ...lasting, kind: "crash", nodes: "n1", disk: "rollback", copiedAt: ["1500ms"] },
    shows: (run) => {
      const [copied, back] = [deltasOn(run, 1_500_000), deltasOn(run, middleUs)];
      // What was not durable yet at that moment is not in the copy.
      assert.ok(back.length > 100 && back.length >= copied.length - 2, `${back.length} of ${copied.length}`);
      assert.ok(back.every((key) => copied.includes(key)));
    },
  },
  {
    title: "a crash that corrupts the disk",
    fault: { ...lasting, kind: "crash", nodes: "n1", disk: "corrupt" },
    // A state is written when bodies go.
    more: { config: { ...busyPair.config, compactKeepDeltas: 1, compactAboveDeltas: 1, compactMs: 50 } },
    shows: (run) => {
      const [n0 = 0, n1 = 0] = [0, 1].map((node) => replicaOf(run, node, startedUs)?.state.liveCount);
      assert.ok(n1 < n0, `${n1} of ${n0} entities`);
    },
  },
];

const sound = observePair([], moments);
const kinds = Object.entries(effects).map(([title, effect]) => ({ title, ...effect }));

for (const { title, fault, more, shows } of [...kinds, ...variants]) {
  test(`${title}: the run is otherwise by what it says`, () => {
    shows(observePair([fault], moments, more), sound);
  });
}

for (const knob of ["loss", "duplicate", "reorder"] as const) {
  test(`${knob} of the network does what the fault does`, () => {
    const network = { ...busyPair.network, [knob]: 0.5 };
    effects[knob].shows(observePair([], moments, { network }), sound);
  });
}

test.run();
