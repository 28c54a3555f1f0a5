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
import type { Replica } from "../../../core/replica.ts";
import { compareMoments, type Moment } from "../../../core/state/moment.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { holds } from "../../laws.ts";
import { pastBelow } from "../members/councils.ts";
import { type Player, retentionMs, steps, Troupe } from "./troupe.ts";

type Made = ReadonlyMap<DeltaId, CausalDelta>;

/** What a replica's graph holds, as it was made. */
function historyOf({ deltas: { graph } }: Replica, made: Made): Made {
  const ids = Array.from({ length: graph.count }, (_, position) => graph.at(position).id);
  return new Map(ids.map((id) => [id, made.get(id) as CausalDelta]));
}

/** How far the past is closed, and by which deltas. */
interface Drawn {
  readonly line: Hlc;
  readonly by: readonly DeltaId[];
}

/** What closes the past furthest, as the definition reads: each past is walked anew. None where nothing does. */
function naivelyDrawn(replica: Replica, made: Made): readonly Drawn[] {
  const { graph } = replica.deltas;
  const { members } = replica.governance;
  const history = historyOf(replica, made);
  const askedAt = (id: DeltaId) => members.answerersAt(graph.positionsOf([id])[0] as number);
  const drawn = Array.from(history.values()).flatMap((checkpoint): Drawn[] => {
    if (checkpoint.content.kind !== "checkpoint") return [];
    const above = Array.from(history.values()).filter(({ id }) =>
      pastBelow([id], history).has(checkpoint.id),
    );
    const answerOf = (author: AuthorId) =>
      above
        .filter((delta) => delta.author === author)
        .sort((a, b) => (graph.get(a.id)?.generation ?? 0) - (graph.get(b.id)?.generation ?? 0))[0];
    const asked = new Set(askedAt(checkpoint.id));
    const by = [checkpoint.id];
    for (const author of asked) {
      const answer = author === checkpoint.author ? checkpoint : answerOf(author);
      if (answer === undefined) return [];
      by.push(answer.id);
      for (const other of askedAt(answer.id)) asked.add(other);
    }
    const at = graph.get(checkpoint.id)?.at as Hlc;
    return at.ms < retentionMs ? [] : [{ line: { ms: at.ms - retentionMs, counter: at.counter }, by }];
  });
  const [furthest] = drawn.map(({ line }) => line).sort((a, b) => compareHlc(b, a));
  return drawn.filter(({ line }) => furthest !== undefined && compareHlc(line, furthest) === 0);
}

/** Is something so old here that is not below what drew the line? */
function hasStrayed(replica: Replica, { line, by }: Drawn, made: Made): boolean {
  const history = historyOf(replica, made);
  const below = pastBelow(by, history);
  const isLate = (id: DeltaId) => compareHlc(replica.deltas.graph.get(id)?.at as Hlc, line) <= 0;
  return Array.from(history.keys()).some((id) => isLate(id) && !below.has(id) && !by.includes(id));
}

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

test("what a replica keeps follows from its graph alone: deletions up to the line are gone, and nothing else; where more is here than the past closed with, it says so", () => {
  const counted = { collected: 0, closed: 0, madeBeside: 0, givenUp: 0 };
  holds(
    fc.property(steps, (list) => {
      const troupe = new Troupe();
      for (const step of list) {
        troupe.do(step);
        for (const index of [step.by, step.about]) {
          const { replica } = troupe.players[index] as Player;
          const { closed } = replica.closing.checkpoints;
          const drawn = naivelyDrawn(replica, troupe.made);
          const line = drawn[0]?.line ?? null;
          assert.equal(closed.line, line);
          const strayed = drawn.map((each) => hasStrayed(replica, each, troupe.made));
          if (closed.isAstray) assert.ok(strayed.includes(true), "astray for nothing");
          if (line !== null && !strayed.includes(false)) assert.ok(closed.isAstray, "astray unawares");
          counted.closed += Number(line !== null);
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

test("equal heads mean equal roots all the while, and whoever was always a member ends where the others do", () => {
  holds(
    fc.property(steps, (list) => {
      const troupe = new Troupe();
      const rootAt = new Map<string, string>();
      const compare = ({ replica }: Player) => {
        if (replica.closing.checkpoints.closed.isAstray) return;
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
      for (const player of council) {
        const { replica, name } = player;
        assert.not(replica.closing.checkpoints.closed.isAstray, `${name} has gone astray`);
        assert.equal(replica.heads(), council[0]?.replica.heads());
        compare(player);
      }
    }),
    { share: 0.5 },
  );
});

test.run();
