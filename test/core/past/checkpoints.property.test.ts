// Which checkpoints are sealed: a question to the graph alone, answered as its definition reads. Invariant 12.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { mayWrite } from "../../../core/members/permission.ts";
import { Checkpoints, createCheckpointsMemory } from "../../../core/past/checkpoints.ts";
import { decodeValue, encode } from "../../../core/wire/cbor.ts";
import { kindCodeOf } from "../../../core/wire/delta-codec.ts";
import { holds } from "../../laws.ts";
import { Scribe, trustingCodec, unsigned } from "../authors.ts";
import {
  type Attempt,
  attempt,
  attempted,
  Council,
  councilScribe,
  pastBelow,
  standingOf,
} from "../members/councils.ts";

/** Much of what is made are checkpoints, and what answers them. */
const closings = fc.array(
  fc
    .tuple(
      attempt,
      fc.constantFrom<Attempt["what"]>("checkpoint", "write", "exclude", "return"),
      fc.boolean(),
    )
    .map(([one, what, isPlain]) => (isPlain ? { ...one, what } : one)),
  { minLength: 2, maxLength: 16 },
);

/** Read off the definition: every delta's past is walked anew. */
function naiveStanding(scribe: Scribe, all: ReadonlyMap<DeltaId, CausalDelta>) {
  const pasts = new Map(Array.from(all.keys(), (id) => [id, pastBelow([id], all)]));
  const councilAt = (past: ReadonlyMap<DeltaId, CausalDelta>) =>
    councilOf(
      scribe,
      Array.from(all.values()).filter(({ id }) => past.has(id)),
    );
  const writesAt = (past: ReadonlyMap<DeltaId, CausalDelta>, author: AuthorId) =>
    mayWrite(councilAt(past).members.roleNow(author));
  const checkpoints = Array.from(all.values()).filter(({ content }) => content.kind === "checkpoint");
  const waiting = checkpoints.map(({ id, author, parents }) => {
    const cut = pastBelow(parents, all);
    const above = Array.from(all.values()).filter((other) => other.id !== id && pasts.get(other.id)?.has(id));
    const waitingFor = councilAt(cut)
      .members.all()
      .map(({ author: member }) => member)
      .filter((member) => {
        if (member === author || !writesAt(cut, member)) return false;
        return !above.some(
          (other) => other.author === member || !writesAt(pasts.get(other.id) ?? new Map(), member),
        );
      });
    return [id, waitingFor.sort()] as const;
  });
  return {
    open: new Map(waiting.filter(([, left]) => left.length > 0).sort(([a], [b]) => (a < b ? -1 : 1))),
    sealed: new Set(waiting.filter(([, left]) => left.length === 0).map(([id]) => id)),
  };
}

function councilOf(scribe: Scribe, deltas: readonly CausalDelta[]): Council {
  const council = new Council(scribe);
  for (const delta of deltas) council.receive(delta);
  return council;
}

test("a checkpoint waits for those of whom the graph holds nothing above it, and for nobody else", () => {
  let sealed = 0;
  holds(
    fc.property(closings, (list) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list);
      const { store, checkpoints } = councilOf(scribe, deltas);
      const applied = deltas.filter(({ id }) => store.graph.has(id));
      const expected = naiveStanding(scribe, new Map(applied.map((delta) => [delta.id, delta])));
      const standing = standingOf(checkpoints, store.graph);
      assert.equal(standing.open, expected.open);
      assert.is(standing.sealed === null, expected.sealed.size === 0);
      assert.ok(standing.sealed === null || expected.sealed.has(standing.sealed));
      sealed += expected.sealed.size;
    }),
    { share: 0.5 },
  );
  assert.ok(sealed > 0, "some were sealed");
});

test("what is sealed is told alike in any order of arrival, and stays sealed", () => {
  holds(
    fc.property(closings, fc.array(fc.nat(), { minLength: 20, maxLength: 20 }), (list, draws) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list);
      const inOrder = councilOf(scribe, deltas);
      const keyed = deltas.map((delta, index) => [draws[index] ?? 0, delta] as const);
      const otherwise = new Council(scribe);
      let before = standingOf(otherwise.checkpoints, otherwise.store.graph);
      for (const [, delta] of [
        ...keyed.sort(([a], [b]) => a - b),
        ...deltas.map((each) => [0, each] as const),
      ]) {
        otherwise.receive(delta);
        const now = standingOf(otherwise.checkpoints, otherwise.store.graph);
        assert.ok(before.sealed === null || now.sealed !== null, "a seal was broken");
        for (const [id, authors] of now.open)
          for (const author of authors) assert.ok((before.open.get(id) ?? [author]).includes(author));
        before = now;
      }
      assert.equal(otherwise.verdict, inOrder.verdict);
    }),
  );
});

test("what was stored at any moment, and what was applied since, tell the same after a start", () => {
  holds(
    fc.property(closings, fc.nat(), (list, draw) => {
      const scribe = councilScribe();
      const deltas = attempted(scribe, list);
      const whole = councilOf(scribe, deltas);
      const { graph } = whole.store;
      const count = draw % (graph.count + 1);
      const byId = new Map(deltas.map((delta) => [delta.id, delta]));
      const replay = (checkpoints: Checkpoints, [from, until]: readonly [number, number]) => {
        for (let position = from; position < until; position += 1) {
          const { author, content } = byId.get(graph.at(position).id) as CausalDelta;
          checkpoints.applied(position, { author, kindCode: kindCodeOf(content) });
        }
        return checkpoints;
      };
      const fresh = () => new Checkpoints(createCheckpointsMemory(), whole.about);
      const stored = encode(replay(fresh(), [0, count]).save());
      const started = fresh();
      started.load(decodeValue(stored, 1e6), count);
      replay(started, [count, graph.count]);
      assert.equal(standingOf(started, graph), standingOf(whole.checkpoints, graph));
      assert.equal(started.save(), whole.checkpoints.save());
    }),
  );
});

test("where anyone may write, nothing is ever sealed", () => {
  const ann = unsigned("ann");
  const scribe = new Scribe(ann, { codec: trustingCodec });
  const content = { kind: "checkpoint", stateRoot: "r".repeat(32) as never } as const;
  const checkpoint = scribe.write([scribe.genesis], { by: ann, hlc: { ms: 2_000, counter: 0 }, content });
  const { checkpoints } = councilOf(scribe, [scribe.genesis, checkpoint]);
  assert.is(checkpoints.newestSealed, null);
  assert.equal(Array.from(checkpoints.open()), []);
});

test("of a context with one writer a checkpoint is sealed when it is made", () => {
  const ann = unsigned("ann");
  const scribe = new Scribe(ann, { codec: trustingCodec, others: "reader" });
  const content = { kind: "checkpoint", stateRoot: "r".repeat(32) as never } as const;
  const checkpoint = scribe.write([scribe.genesis], { by: ann, hlc: { ms: 2_000, counter: 0 }, content });
  const { checkpoints } = councilOf(scribe, [scribe.genesis, checkpoint]);
  assert.is(checkpoints.newestSealed, 1);
});

test.run();
