// Histories with bodies: several authors write on whatever they know, with clocks that are right or wrong.

import * as fc from "fast-check";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Hlc, Stamp } from "../../../core/hlc.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import { put, remove, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { histories } from "../dag/histories.ts";
import type { Write } from "../state/entities.ts";

const day = 24 * 3_600_000;
const start = 1_700_000_000_000;

export interface Written {
  readonly genesis: CausalDelta;
  /** All, the genesis first, in a causal order. */
  readonly deltas: readonly CausalDelta[];
  /** Every write of every delta with the stamp it must have, reckoned here once more. */
  readonly writes: readonly Write[];
  /** Of each delta, reckoned likewise. */
  readonly stamps: readonly Stamp[];
}

const actions: fc.Arbitrary<ActionOf<"register">> = fc.oneof(
  fc
    .tuple(fc.constantFrom("k", "l", "m"), fc.constantFrom("a", "b", 1))
    .map(([key, value]) => put(key, value)),
  fc.constantFrom("k", "l", "m").map(remove),
);

interface Body {
  readonly author: string;
  readonly hlc: Hlc;
  readonly actions: readonly ActionOf<"register">[];
}

const bodies: fc.Arbitrary<Body> = fc.record({
  author: fc.constantFrom("ann", "bob", "eve"),
  hlc: fc.record({
    ms: fc.oneof(
      fc.integer({ min: start, max: start + 3 }),
      fc.constantFrom(0, start - 40 * day, start + 40 * day, 0xffff_ffff_ffff),
    ),
    counter: fc.nat(1),
  }),
  actions: fc.array(actions, { maxLength: 3 }),
});

/** The clock of whoever made the context: a stamp of its own, and so below all others. */
const beginnings = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ ms: start, counter: 0 }) },
  { weight: 1, arbitrary: fc.constantFrom({ ms: 0, counter: 0 }, { ms: 0xffff_ffff_ffff, counter: 0xffff }) },
);

export function writtenHistories(lengthMax: number): fc.Arbitrary<Written> {
  return fc.tuple(histories(lengthMax), beginnings).chain(([history, beginning]) =>
    fc.array(bodies, { minLength: history.length, maxLength: history.length }).map((list) => {
      const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec, hlc: beginning });
      const deltas: CausalDelta[] = [scribe.genesis];
      const stamps: Stamp[] = [{ at: scribe.genesis.hlc, hlc: scribe.genesis.hlc }];
      const writes: Write[] = [];
      history.slice(1).forEach((parents, index) => {
        const { author, hlc, actions: own } = list[index] as Body;
        const content =
          own.length === 0 ? ({ kind: "merge" } as const) : ({ kind: "operations", actions: own } as const);
        const bases = parents.map((position) => deltas[position] as CausalDelta);
        // No two say the same, or they would be one.
        const events = [{ kind: "nth", content: index, handler: null }];
        deltas.push(scribe.write(bases, { by: unsigned(author), hlc, content, events }));
        const stamp = stampOf(
          parents.map((position) => (stamps[position] as Stamp).at),
          hlc,
        );
        stamps.push(stamp);
        own.forEach(({ key, change }, step) => {
          const value = change.kind === "put" ? change.value : undefined;
          writes.push({ key, stamp: { ...stamp, step }, value });
        });
      });
      // A counterexample is described, not printed: it is found again by its seed.
      const described = () => `a history of ${deltas.length} deltas and ${writes.length} writes`;
      return { genesis: scribe.genesis, deltas, writes, stamps, [fc.toStringMethod]: described };
    }),
  );
}

/** max(P + 1, min(hlc, P + 24 h)), in 1/65,536 of a millisecond. */
export function stampOf(parents: readonly Hlc[], hlc: Hlc): Stamp {
  const ticks = ({ ms, counter }: Hlc) => BigInt(ms) * 65_536n + BigInt(counter);
  const latest = parents.map(ticks).reduce((max, each) => (each > max ? each : max));
  const ceiling = latest + BigInt(day) * 65_536n;
  const bounded = ticks(hlc) < ceiling ? ticks(hlc) : ceiling;
  const at = bounded > latest ? bounded : latest + 1n;
  return { at: { ms: Number(at / 65_536n), counter: Number(at % 65_536n) }, hlc };
}
