// Below a past that everyone asked has closed deletions go, and nothing that was deleted comes back. Invariants 2 and 12.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { compareHlc, type Hlc } from "../../../core/hlc.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { byteString } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { parentsMax } from "../../../core/limits.ts";
import type { Replica } from "../../../core/replica.ts";
import { compareMoments, type Moment } from "../../../core/state/moment.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { holds } from "../../laws.ts";
import { pastBelow } from "../members/councils.ts";
import { retentionMs, steps, stepsWithLosses } from "./steps.ts";
import { type Player, Troupe } from "./troupe.ts";

type Made = ReadonlyMap<DeltaId, CausalDelta>;

/** What a replica's graph holds, as it was made. */
function historyOf({ deltas: { graph } }: Replica, made: Made): Made {
  const ids = Array.from({ length: graph.count }, (_, position) => graph.at(position).id);
  return new Map(ids.map((id) => [id, made.get(id) as CausalDelta]));
}

/** A checkpoint that closes the past as far as the line, by itself and one answer of each who is asked. */
interface Choice {
  readonly line: Hlc;
  readonly by: readonly DeltaId[];
}

/** Each way in which the past is closed, as the definition reads. */
function naiveChoices(replica: Replica, made: Made): readonly Choice[] {
  const history = historyOf(replica, made);
  return Array.from(history.values())
    .filter(({ content, parents }) => content.kind === "checkpoint" && parents.length < parentsMax)
    .flatMap((checkpoint) => {
      const at = atOf(replica, checkpoint.id);
      if (at.ms < retentionMs) return [];
      const line = { ms: at.ms - retentionMs, counter: at.counter };
      return Array.from(choicesOf(checkpoint, replica, history), (by) => ({ line, by }));
    });
}

function* choicesOf(checkpoint: CausalDelta, replica: Replica, history: Made): Generator<readonly DeltaId[]> {
  const { members } = replica.governance;
  const askedAt = (id: DeltaId) => members.answerersAt(replica.deltas.graph.positionsOf([id])[0] as number);
  const isAbove = (upper: DeltaId, lower: DeltaId) => upper !== lower && pastOf(upper, history).has(lower);
  const answers = Array.from(history.values()).filter(
    ({ id, parents }) => parents.length < parentsMax && isAbove(id, checkpoint.id),
  );
  function* choose(
    asked: readonly AuthorId[],
    chosen: ReadonlyMap<AuthorId, DeltaId>,
  ): Generator<readonly DeltaId[]> {
    const next = asked.find((author) => !chosen.has(author));
    if (next === undefined) return yield Array.from(chosen.values());
    const own = answers.filter(({ author }) => author === next);
    for (const { id } of own) {
      if (own.some((other) => isAbove(id, other.id))) continue;
      yield* choose([...asked, ...askedAt(id)], new Map([...chosen, [next, id]]));
    }
  }
  yield* choose(askedAt(checkpoint.id), new Map([[checkpoint.author, checkpoint.id]]));
}

function naiveLine(choices: readonly Choice[]): Hlc | null {
  return choices.map(({ line }) => line).sort((a, b) => compareHlc(b, a))[0] ?? null;
}

/** Is something here that somebody may have closed the past without? */
function hasStrayed(replica: Replica, choices: readonly Choice[], made: Made): boolean {
  const history = historyOf(replica, made);
  return choices.some(({ line, by }) => {
    const below = new Set(by.flatMap((id) => Array.from(pastOf(id, history))));
    return Array.from(history.keys()).some(
      (id) => !below.has(id) && compareHlc(atOf(replica, id), line) <= 0,
    );
  });
}

function atOf(replica: Replica, id: DeltaId): Hlc {
  return replica.deltas.graph.get(id)?.at as Hlc;
}

/** A delta and all below it, remembered: an id says all of it. */
function pastOf(id: DeltaId, history: Made): ReadonlySet<DeltaId> {
  const known = pasts.get(id) ?? new Set(pastBelow([id], history).keys());
  pasts.set(id, known);
  return known;
}
const pasts = new Map<DeltaId, ReadonlySet<DeltaId>>();

/** Of equal moments the larger decides. */
function nameOf(value: Json): string {
  return byteString(nodeCrypto.sha256(encode(value)));
}

/** By key what is to be kept: all writes of a history folded naively, and what was deleted up to a line taken off. */
function naiveState(replica: Replica, made: Made, line: Hlc | null): ReadonlyMap<string, string> {
  const latest = new Map<string, { put: Moment | null; value: Json; removed: Moment | null }>();
  for (const { id, hlc, content } of historyOf(replica, made).values()) {
    if (content.kind !== "operations") continue;
    const at = replica.deltas.graph.get(id)?.at as Hlc;
    for (const [step, action] of content.actions.entries()) {
      if (action.type !== "register") throw new Error(`an action on a ${action.type}`);
      const moment = { at, hlc, step };
      const known = latest.get(action.key) ?? { put: null, value: null, removed: null };
      latest.set(action.key, known);
      if (action.change.kind === "remove") {
        if (compareMoments(moment, known.removed) > 0) known.removed = moment;
      } else {
        const { value } = action.change;
        const order = compareMoments(moment, known.put) || (nameOf(value) > nameOf(known.value) ? 1 : -1);
        if (order > 0) Object.assign(known, { put: moment, value });
      }
    }
  }
  const kept = Array.from(latest).flatMap(([key, { put, value, removed }]) => {
    const isLive = compareMoments(put, removed) > 0;
    const isCollected = removed !== null && line !== null && compareHlc(removed.at, line) <= 0;
    if (!isLive && isCollected) return [];
    const content = isLive ? { value, updated: put } : { value: null, updated: null };
    return [[key, JSON.stringify([content, isCollected ? null : removed])] as const];
  });
  return new Map(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function stateOf({ state }: Replica): ReadonlyMap<string, string> {
  const kept = Array.from(state.leaves({}), (leaf) => {
    const { key, content, deleted } = state.entityOf(leaf);
    if (content.type !== "register") throw new Error(`an entity of type ${content.type}`);
    const { value, updated } = content;
    return [key, JSON.stringify([{ value, updated }, deleted])] as const;
  });
  return new Map(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("what a replica keeps follows from its graph alone: deletions up to the line are gone, and nothing else; where more is here than the past closed with, it says so, and nobody else", () => {
  const counted = { collected: 0, closed: 0, madeBeside: 0, givenUp: 0, strayed: 0, answeredTwice: 0 };
  holds(
    fc.property(stepsWithLosses, (list) => {
      pasts.clear();
      const troupe = new Troupe();
      for (const step of list) {
        troupe.do(step);
        for (const index of [step.by, step.about]) {
          const { replica } = troupe.players[index] as Player;
          const { closed } = replica.closing.checkpoints;
          const choices = naiveChoices(replica, troupe.made);
          const line = naiveLine(choices);
          assert.equal(closed.line, line);
          assert.is(closed.isAstray, hasStrayed(replica, choices, troupe.made), "astray");
          counted.closed += Number(line !== null);
          counted.answeredTwice += choices.length - new Set(choices.map(({ by }) => by[0])).size;
          counted.strayed += Number(closed.isAstray);
          if (closed.isAstray) continue;
          assert.equal(stateOf(replica), naiveState(replica, troupe.made, line));
          counted.collected += naiveState(replica, troupe.made, null).size - replica.state.storedCount;
        }
      }
      for (const { madeBeside, givenUp } of troupe.players) {
        counted.madeBeside += madeBeside;
        counted.givenUp += givenUp;
      }
    }),
    { share: 0.5 },
  );
  for (const amount of Object.values(counted)) assert.ok(amount > 0, JSON.stringify(counted));
});

for (const [whose, drawn] of [
  ["where all keep what they have, whoever was always a member ends where the others do", steps],
  ["where some lose it and nobody is demoted, all do who start over when they are told to", stepsWithLosses],
] as const)
  test(`equal heads mean equal roots all the while; ${whose}`, () => {
    holds(
      fc.property(drawn, (list) => {
        const troupe = new Troupe();
        const rootAt = new Map<string, string>();
        const compare = ({ replica }: Player) => {
          if (isAstray({ replica })) return;
          const heads = replica.heads().join();
          const root = replica.stateRoot();
          assert.is(rootAt.get(heads) ?? root, root);
          rootAt.set(heads, root);
        };
        for (const step of list) {
          troupe.do(step);
          for (const index of [step.by, step.about]) compare(troupe.players[index] as Player);
        }
        for (let round = 0; round < 3; round += 1) troupe.gather(troupe.players);
        const council = troupe.players.filter(({ name }) => !troupe.demoted.has(name));
        // What is held for the word of who may not give it any more waits for ever (docs/found.md).
        if (troupe.hasLost && troupe.hasDemoted) return;
        if (!troupe.hasLost)
          for (const player of council) assert.not(isAstray(player), `${player.name} has gone astray`);
        for (let round = 0; round < 3 && troupe.players.some(isAstray); round += 1) {
          for (const player of troupe.players.filter(isAstray)) player.wipe();
          for (let again = 0; again < 3; again += 1) troupe.gather(troupe.players);
        }
        for (const player of council) {
          assert.not(isAstray(player), `${player.name} is astray still`);
          assert.equal(player.replica.heads(), council[0]?.replica.heads());
          compare(player);
        }
      }),
      { share: 0.5 },
    );
  });

const isAstray = ({ replica }: { readonly replica: Replica }) => replica.closing.checkpoints.closed.isAstray;

test.run();
