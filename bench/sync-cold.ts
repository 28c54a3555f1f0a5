/**
 * Two replicas that remember nothing of each other find out what each lacks: of 100,000 deltas, bytes and hops between
 * real nodes; of a million, the CPU that the reconciliation alone takes. Bytes do not depend on who signs, so here
 * nobody does.
 */

import { nodeCrypto } from "../adapters/crypto/node-crypto.ts";
import type { CausalDelta } from "../core/dag/delta.ts";
import { type AppliedDelta, createGraphMemory, Graph } from "../core/dag/graph.ts";
import { byteString, bytesOf as bytesOfText, type DeltaId } from "../core/ids.ts";
import { Random } from "../core/random.ts";
import { Reconciler } from "../core/sync/reconciliation/reconciliation.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../core/wire/sync-message.ts";
import { chainOf, operations, put, Scribe, trustingCodec, unsigned } from "../test/core/authors.ts";
import { BenchNode } from "./bench-node.ts";
import { median, row } from "./figures.ts";
import { bytesOf, framesOf, Pair } from "./sync-pair.ts";
import { cpuMsOf, type Side, sides } from "./sync-workload.ts";

const known = 100_000;
const million = 1_000_000;
/** On each side. */
const lacking = 50;
const rounds = 3;
/** Bodies stay, and no periodic session comes in between. */
const config = { compactAboveDeltas: 1_000_000_000, syncFrequencyMs: 24 * 3_600_000 };

type Shape = "recent" | "scattered";
const shapes: readonly Shape[] = ["recent", "scattered"];

export function benchCold(): void {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  const written = (by: string) => (index: number) => ({
    by: unsigned(by),
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put(`k${index % 2_000}`, index)),
  });
  const common = chainOf(scribe, known - 2 * lacking, written("ann"));
  const at = (place: number) => common[Math.floor(place)] ?? scribe.genesis;
  const apart: Readonly<Record<Shape, (side: Side) => readonly CausalDelta[]>> = {
    recent: (side) => chainOf(scribe, lacking, written(`side ${side}`), at(common.length - 1)),
    scattered: (side) =>
      Array.from({ length: lacking }, (_, nth) =>
        scribe.write([at(((nth + side / 2) * common.length) / lacking)], written(`side ${side}`)(nth)),
      ),
  };
  const nodes = [nodeWith("a", 1, scribe, common), nodeWith("b", 2, scribe, common)] as const;
  for (const shape of shapes) {
    const forks = [nodes[0].fork(), nodes[1].fork()] as const;
    for (const side of sides)
      for (const { sealed } of apart[shape](side)) forks[side].hear(scribe.contextId, sealed);
    const meeting = new Pair(forks, scribe.contextId).meet();
    const bytes = bytesOf(framesOf(meeting, "else")).toLocaleString("en");
    row(
      `cold, 100 of 100,000 differ, ${shape}`,
      `${bytes} B beside deltas, last delta after ${meeting.hops / 2} round trips`,
    );
  }
  benchMillion();
}

function nodeWith(name: string, seed: number, scribe: Scribe, deltas: readonly CausalDelta[]): BenchNode {
  const node = BenchNode.start(name, { seed, config, codec: trustingCodec });
  node.join(scribe.contextId, scribe.genesis.sealed);
  for (const { sealed } of deltas) node.hear(scribe.contextId, sealed);
  return node;
}

function benchMillion(): void {
  const common = Array.from({ length: million - 2 * lacking }, (_, index) => applied(`both ${index}`, index));
  for (const shape of shapes) {
    const graphs = sides.map((side) => {
      const own = Array.from({ length: lacking }, (_, nth) => {
        const generation = shape === "recent" ? million + nth : Math.floor((nth * million) / lacking);
        return applied(`${side} ${nth}`, generation);
      });
      return graphOf([...common, ...own]);
    }) as unknown as readonly [Graph, Graph];
    const runs = Array.from({ length: rounds }, () => reconcile(graphs));
    const { bytes, messages } = runs[0] ?? reconcile(graphs);
    const cpuMs = sides.map((side) => `${median(runs.map((run) => run.cpuMs[side])).toFixed(0)} ms`);
    row(
      `cold, 100 of 1,000,000 differ, ${shape}: the reconciliation`,
      `CPU ${cpuMs.join(" and ")}, ${bytes.toLocaleString("en")} B in ${messages} messages`,
    );
  }
}

function applied(name: string, generation: number): AppliedDelta {
  const id = byteString<DeltaId>(nodeCrypto.sha256(bytesOfText(name)));
  return { id, parents: [], generation, at: { ms: 0, counter: 0 } };
}

function graphOf(deltas: readonly AppliedDelta[]): Graph {
  const graph = new Graph(createGraphMemory());
  for (const delta of deltas) graph.append(delta);
  return graph;
}

/** Side 1 opens, as a responder does. */
function reconcile(graphs: readonly [Graph, Graph]) {
  const reconciler = new Reconciler();
  const key = reconciler.drawKey(new Random([1, 2, 3, 4]));
  const memories = [reconciler.begin(graphs[0], key), reconciler.begin(graphs[1], key)] as const;
  const cpuMs: [number, number] = [0, 0];
  let [bytes, messages] = [0, 0];
  let frame: Uint8Array | null = null;
  cpuMs[1] += cpuMsOf(() => {
    frame = encodeSyncMessage({ kind: "ranges", key, ranges: reconciler.open(memories[1], graphs[1]) });
  });
  for (let side: Side = 0; frame !== null; side = (1 - side) as Side) {
    const arrived: Uint8Array = frame;
    bytes += arrived.length;
    messages += 1;
    frame = null;
    cpuMs[side] += cpuMsOf(() => {
      const message = decodeSyncMessage(arrived);
      if (message.kind !== "ranges") throw new Error(`ranges became a ${message.kind}`);
      const step = reconciler.receive(memories[side], message.ranges, graphs[side]);
      if (step.kind === "fault") throw new Error(step.detail);
      if (step.answer !== null) frame = encodeSyncMessage({ kind: "ranges", key: "", ranges: step.answer });
    });
  }
  return { cpuMs, bytes, messages };
}
