/**
 * Repair by state: of one flat collection of 100,000 entities some differ, and the deltas that made them so have no
 * bodies any more. What it takes besides the entities' own encoding, whether many were written by one delta or each
 * by its own: the ids of deltas travel too.
 */

import type { CausalDelta, DeltaContent } from "../core/dag/delta.ts";
import { chainOf, operations, put, Scribe, trustingCodec, unsigned } from "../test/core/authors.ts";
import { BenchNode } from "./bench-node.ts";
import { row } from "./figures.ts";
import { type Meeting, Pair } from "./sync-pair.ts";

const entities = 100_000;
const differing = [1, 10, 100, 10_000];
const writesPerDelta = 500;
/** Bodies go at once, and no periodic session comes in between. */
const config = {
  ...{ compactAboveDeltas: 1, compactKeepDeltas: 1, compactMs: 10 },
  syncFrequencyMs: 24 * 3_600_000,
};

export function benchStateRepair(): void {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  const base = chain(scribe, scribe.genesis, writes(entities, 1, writesPerDelta));
  const nodes = [nodeWith("a", 1, scribe), nodeWith("b", 2, scribe)] as const;
  for (const node of nodes) learn(node, scribe, base);
  const standing = base.at(-1) ?? scribe.genesis;
  for (const count of differing) {
    const together = repair(writesPerDelta, count);
    const alone = repair(1, count);
    row(
      `state, ${count.toLocaleString("en")} of 100,000 entities differ`,
      `${together.hops / 2} round trips, ${together.overhead} B overhead an entity; each written by its own delta: ${alone.hops / 2} and ${alone.overhead} B`,
    );
  }

  function repair(perDelta: number, count: number): { readonly hops: number; readonly overhead: string } {
    const [asks, serves] = [nodes[0].fork(), nodes[1].fork()];
    const changes = chain(scribe, standing, writes(count, entities / count, perDelta));
    // The newest delta keeps its body.
    learn(serves, scribe, [...changes, ...chain(scribe, changes.at(-1) ?? standing, [{ kind: "merge" }])]);
    const { hops, bytes }: Meeting = new Pair([asks, serves], scribe.contextId).meet();
    const { state } = serves.replica(scribe.contextId);
    let ownBytes = 0;
    for (let nth = 0; nth < count; nth += 1)
      ownBytes += state.get("register", "entries", keyOf((nth * entities) / count))?.bytes.length ?? 0;
    const overhead = (bytes - ownBytes) / count;
    return { hops, overhead: overhead.toLocaleString("en", { maximumFractionDigits: 0 }) };
  }
}

/** Writes to `count` entities, each so far from the one before, in operations of so many. */
function writes(count: number, apart: number, perDelta: number): readonly DeltaContent[] {
  return Array.from({ length: Math.ceil(count / perDelta) }, (_, chunk) => {
    const actions = Array.from({ length: Math.min(perDelta, count - chunk * perDelta) }, (_, nth) =>
      put(keyOf((chunk * perDelta + nth) * apart), `value of thirty-two characters ${apart}`.slice(0, 32)),
    );
    return operations(...actions);
  });
}

function keyOf(index: number): string {
  return `key ${index}`;
}

function chain(scribe: Scribe, on: CausalDelta, contents: readonly DeltaContent[]): readonly CausalDelta[] {
  const written = (index: number) => ({
    by: unsigned("ann"),
    hlc: { ms: on.hlc.ms + 1 + index, counter: 0 },
    content: contents[index] ?? operations(),
  });
  return chainOf(scribe, contents.length, written, on);
}

function nodeWith(name: string, seed: number, scribe: Scribe): BenchNode {
  const node = BenchNode.start(name, { seed, config, codec: trustingCodec });
  node.join(scribe.contextId, scribe.genesis.sealed);
  return node;
}

/** Has it hear of deltas, and forget their bodies. */
function learn(node: BenchNode, scribe: Scribe, deltas: readonly CausalDelta[]): void {
  for (const { sealed } of deltas) node.hear(scribe.contextId, sealed);
  node.pass(1_000);
}
