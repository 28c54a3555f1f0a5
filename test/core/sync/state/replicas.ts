// Two nodes that share some of a state, and of what either has besides keep no deltas.

import * as fc from "fast-check";
import type { Config } from "../../../../core/config.ts";
import type { CausalDelta, DeltaContent } from "../../../../core/dag/delta.ts";
import type { Action } from "../../../../core/state/action.ts";
import { SimDisk } from "../../../../sim/world/disk.ts";
import { operations, Scribe, trustingCodec, unsigned } from "../../authors.ts";
import { LoneNode } from "../../lone-node.ts";
import type { Link } from "../link.ts";

/** Bodies go as soon as something newer is there. */
export const forgetful = { compactAboveDeltas: 1, compactKeepDeltas: 1, compactMs: 20 } as const;
/** Bodies stay. */
export const keeping = { compactAboveDeltas: 1_000_000 } as const;

export interface Shape {
  /** Keys written before the two parted. */
  readonly common: readonly number[];
  /** Written after that by either, or removed where negative. */
  readonly own: readonly [readonly number[], readonly number[]];
  /** How the entities lie: spread by hashes, or by long keys that begin alike. */
  readonly isSorted: boolean;
}

const few = fc.array(fc.integer({ min: -300, max: 300 }), { maxLength: 5 });
const scattered = fc.array(fc.integer({ min: -3_000, max: 3_000 }), { maxLength: 60 });
const clustered = fc
  .tuple(fc.nat(2_000), fc.integer({ min: 0, max: 240 }))
  .map(([from, count]) => Array.from({ length: count }, (_, index) => from + index));
const differences = fc.oneof(fc.constant<number[]>([]), few, scattered, clustered);

export const shapes: fc.Arbitrary<Shape> = fc.record({
  common: fc.oneof(
    fc.constant<number[]>([]),
    fc.integer({ min: 1, max: 1_500 }).map((count) => Array.from({ length: count }, (_, index) => index)),
  ),
  own: fc.tuple(differences, differences),
  isSorted: fc.boolean(),
});

export interface Parted {
  readonly scribe: Scribe;
  /** By side, in causal order, from after the genesis. */
  readonly deltas: readonly [readonly CausalDelta[], readonly CausalDelta[]];
}

/** The deltas of two replicas of this shape. */
export function partedBy({ common, own, isSorted }: Shape): Parted {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  let ms = 2_000;
  const chain = (on: CausalDelta, contents: readonly DeltaContent[], by: string): readonly CausalDelta[] => {
    const chained: CausalDelta[] = [];
    for (const content of contents) {
      ms += 1;
      const hlc = { ms, counter: 0 };
      chained.push(scribe.write([chained.at(-1) ?? on], { by: unsigned(by), hlc, content }));
    }
    return chained;
  };
  const writes = (numbers: readonly number[], by: string) =>
    chunksOf(numbers, 500).map((some) => operations(...some.map((number) => actionOf(number, by, isSorted))));
  const shared = chain(scribe.genesis, writes(common, "ann"), "ann");
  const side = (numbers: readonly number[], by: string) => {
    // The last delta is a head, which is never dropped: what is before it is.
    const last = numbers.length === 0 ? [] : [operations(actionOf(9_000, by, isSorted))];
    const contents = [...writes(numbers, by), ...last];
    return [...shared, ...chain(shared.at(-1) ?? scribe.genesis, contents, by)];
  };
  return { scribe, deltas: [side(own[0], "bob"), side(own[1], "eve")] };
}

function actionOf(number: number, by: string, isSorted: boolean): Action {
  const name = `${Math.abs(number)}`.padStart(5, "0");
  const key = isSorted ? `${"a".repeat(60)}${name}` : name;
  const change =
    number < 0 ? ({ kind: "remove" } as const) : ({ kind: "put", value: `${by} ${number}` } as const);
  return { type: "register", collection: isSorted ? "entries~" : "entries", key, change };
}

function chunksOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

export function nodeOf(
  name: string,
  { scribe }: Pick<Parted, "scribe">,
  deltas: readonly CausalDelta[],
  config: Partial<Config> = {},
  disk = new SimDisk(),
): LoneNode {
  const node = new LoneNode(name, { codec: trustingCodec, config, disk });
  node.call({ kind: "join-context", contextId: scribe.contextId, genesis: scribe.genesis.sealed });
  for (const { sealed } of deltas) node.gossip("someone", scribe.contextId, sealed);
  node.pass(200);
  return node;
}

/** What has everything. */
export function wholeOf(parted: Parted): LoneNode {
  return nodeOf("whole", parted, [...parted.deltas[0], ...parted.deltas[1]], keeping);
}

/** Lets two nodes meet and talk until they have nothing more to say. */
export function talk(link: Link, { scribe }: Pick<Parted, "scribe">, ms = 1_500): void {
  link.meet(scribe.contextId);
  for (let passed = 0; passed < ms; passed += 50) link.pass(50);
}
