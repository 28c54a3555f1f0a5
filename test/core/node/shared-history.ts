// Histories in which anybody writes and rotates shared values, by right or not, and what they mean by definition: for
// each delta its ancestors are walked anew, and the latest rotation among them that was itself by right decides.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { shared } from "../../../core/app/fields/shared.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Hlc } from "../../../core/hlc.ts";
import { toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import { type Entity, entityOf } from "../../../core/state/entity.ts";
import type { Moment } from "../../../core/state/moment.ts";
import { operations, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { ancestryOf, type History, histories } from "../dag/histories.ts";
import { naiveRead } from "../state/entities.ts";
import type { Delivered } from "./deliveries.ts";
import { stampOf } from "./written-history.ts";

const start = 1_700_000_000_000;
const day = 24 * 3_600_000;
/** The first makes the context. */
const people = ["ann", "bob", "eve", "tom"].map(unsigned);
export const fields = ["one", "two"] as const;

/** Reads both values, and who may write them, through the handles. */
export const application = defineApp({
  name: "kv-store",
  state: { one: shared<Json>(), two: shared<Json>() },
  methods: {},
  views: {
    look: ({ one, two }) => [one, two].map((each) => [each.get() ?? null, [...each.writers]]),
  },
});

interface Body {
  readonly author: (typeof people)[number];
  readonly hlc: Hlc;
  readonly actions: readonly ActionOf<"shared">[];
}

const changes: fc.Arbitrary<ActionOf<"shared">["change"]> = fc.oneof(
  fc.constantFrom("a", "b", 1).map((value) => ({ kind: "put", value }) as const),
  fc.constant({ kind: "remove" } as const),
  fc
    .subarray(people, { minLength: 1 })
    .map((list) => ({ kind: "rotate", writers: list.map(({ author }) => author).sort() }) as const),
);
const actions = fc
  .tuple(fc.constantFrom(...fields), changes)
  .map(([collection, change]): ActionOf<"shared"> => ({ type: "shared", collection, key: "", change }));
const bodies: fc.Arbitrary<Body> = fc.record({
  author: fc.constantFrom(...people),
  hlc: fc.record({
    ms: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: start, max: start + 3 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, start + 40 * day) },
    ),
    counter: fc.nat(1),
  }),
  actions: fc.array(actions, { minLength: 1, maxLength: 3 }),
});

/** One action as the model sees it. */
interface Deed {
  readonly position: number;
  readonly action: ActionOf<"shared">;
  readonly at: Moment;
}

export interface SharedHistory extends Delivered {
  readonly history: History;
  /** What the deeds say that were done by right, one by one. */
  readonly valid: readonly Entity[];
  readonly voidCount: number;
  /** As `look` answers: of each field its value and its writers. */
  readonly expected: Json;
}

export function sharedHistories(lengthMax: number): fc.Arbitrary<SharedHistory> {
  return histories(lengthMax).chain((history) =>
    fc
      .array(bodies, { minLength: history.length, maxLength: history.length })
      .map((list) => written(history, list)),
  );
}

function written(history: History, list: readonly Body[]): SharedHistory {
  const creator = people[0] as (typeof people)[number];
  const scribe = new Scribe(creator, { codec: trustingCodec, hlc: { ms: start, counter: 0 } });
  const deltas: CausalDelta[] = [scribe.genesis];
  const times: Hlc[] = [scribe.genesis.hlc];
  const deeds: Deed[] = [];
  history.slice(1).forEach((parents, index) => {
    const { author: by, hlc, actions: own } = list[index] as Body;
    const bases = parents.map((parent) => deltas[parent] as CausalDelta);
    // No two say the same, or they would be one.
    const events = [{ kind: "nth", content: index, handler: null }];
    deltas.push(scribe.write(bases, { by, hlc, content: operations(...own), events }));
    const stamp = stampOf(
      parents.map((parent) => times[parent] as Hlc),
      hlc,
    );
    times.push(stamp.at);
    own.forEach((action, step) => {
      deeds.push({ position: index + 1, action, at: { ...stamp, step } });
    });
  });
  const valid = fields.flatMap((field) => doneByRight(history, deltas, deeds.filter(isOf(field))));
  const described = () => `a history of ${deltas.length} deltas and ${deeds.length} deeds`;
  return {
    genesis: scribe.genesis,
    deltas,
    applications: [application],
    history,
    valid: valid.map((deed) => saidBy(deed, deltas[deed.position] as CausalDelta)),
    voidCount: deeds.length - valid.length,
    expected: fields.map((field) => readBy(valid.filter(isOf(field)), deltas)),
    // A counterexample is described, not printed: it is found again by its seed.
    ...{ [fc.toStringMethod]: described },
  };
}

function isOf(field: string): (deed: Deed) => boolean {
  return ({ action }) => action.collection === field;
}

/** The deeds on one field, in a causal order, of those who might do them. */
function doneByRight(
  history: History,
  deltas: readonly CausalDelta[],
  deeds: readonly Deed[],
): readonly Deed[] {
  const valid: Deed[] = [];
  for (const deed of deeds) {
    const ancestors = ancestryOf(history, history[deed.position] ?? []);
    const known = valid.filter(({ position }) => ancestors.has(position));
    const { author } = deltas[deed.position] as CausalDelta;
    if (writersAfter(known, deltas).includes(toHex(author))) valid.push(deed);
  }
  return valid;
}

/** Whom the latest of some rotations names; before any, whoever made the context. In hexadecimal, sorted. */
function writersAfter(deeds: readonly Deed[], deltas: readonly CausalDelta[]): readonly string[] {
  const orders = ({ at, position }: Deed) => {
    const times = [at.at.ms, at.at.counter, at.hlc.ms, at.hlc.counter, at.step];
    const digits = times.map((time) => String(time).padStart(16, "0"));
    return `${digits.join(" ")} ${toHex((deltas[position] as CausalDelta).id)}`;
  };
  const rotations = deeds.filter(({ action }) => action.change.kind === "rotate");
  const latest = rotations.toSorted((a, b) => (orders(a) < orders(b) ? -1 : 1)).at(-1)?.action.change;
  const writers = latest?.kind === "rotate" ? latest.writers : [(deltas[0] as CausalDelta).author];
  return writers.map(toHex);
}

function readBy(valid: readonly Deed[], deltas: readonly CausalDelta[]): Json {
  const writes = valid.flatMap(({ action: { change }, at }) => {
    if (change.kind === "rotate") return [];
    return [{ key: "", stamp: at, value: change.kind === "put" ? change.value : undefined }];
  });
  return [naiveRead(writes, "") ?? null, [...writersAfter(valid, deltas)]];
}

function saidBy({ action, at }: Deed, { id, author, incarnation }: CausalDelta): Entity {
  const said = entityOf(action, { delta: id, index: at.step, author, incarnation, at }, nodeCrypto);
  if (said === null) throw new Error("a void action");
  return said;
}
