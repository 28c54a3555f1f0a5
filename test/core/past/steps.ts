// What befalls the members of a troupe, drawn.

import * as fc from "fast-check";

export const retentionMs = 40;
export const names = ["ann", "bob", "cid", "dee", "eve"] as const;

export interface Step {
  readonly by: number;
  readonly about: number;
  readonly what: (typeof whats)[number];
  readonly key: string;
  readonly passedMs: number;
  /** Of what the other has and this one lacks, so much is heard: sixths. */
  readonly heard: number;
  /** Who gathers. */
  readonly present: readonly boolean[];
}

const kept = ["set", "remove", "tidy", "hear", "take", "restart", "member", "gather"] as const;
const often = ["set", "remove", "take", "gather", "gather", "member"] as const;
const lost = ["back-up", "restore", "wipe", "forget", "forget"] as const;
const whats = [...kept, ...lost] as const;

/** What befalls replicas that keep what they have. */
export const steps = stepsOf(fc.oneof(fc.constantFrom(...often), fc.constantFrom(...kept)));

/** The same, and some are put back from a copy of their disk, or lose all of it. */
export const stepsWithLosses = stepsOf(
  fc.oneof(fc.constantFrom(...often), fc.constantFrom(...kept), fc.constantFrom(...lost, ...kept)),
);

function stepsOf(what: fc.Arbitrary<Step["what"]>): fc.Arbitrary<readonly Step[]> {
  const step = fc.record({
    by: fc.nat(names.length - 1),
    about: fc.nat(names.length - 1),
    what,
    key: fc.constantFrom("k", "l", "m"),
    passedMs: fc.oneof(fc.nat(5), fc.constant(2 * retentionMs)),
    heard: fc.oneof(fc.constant(6), fc.nat(6)),
    // Most are there as a rule, or little would ever be closed.
    present: fc.tuple(...names.map(() => fc.nat(3).map((draw) => draw > 0))),
  });
  return fc.array(step, { minLength: 10, maxLength: 60, size: "max" });
}
