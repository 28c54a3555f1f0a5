// Two histories find out what each lacks of the other, exactly, in few and small messages.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { AppliedDelta } from "../../../../core/dag/graph.ts";
import { createGraphMemory, Graph } from "../../../../core/dag/graph.ts";
import { byteString, type DeltaId } from "../../../../core/ids.ts";
import { HistoryView } from "../../../../core/sync/reconciliation/history-view.ts";
import { type HashKey, keyedHash } from "../../../../core/sync/reconciliation/keyed-hash.ts";
import { answerRanges, asks, openRanges } from "../../../../core/sync/reconciliation/reconcile.ts";
import { encode } from "../../../../core/wire/cbor.ts";
import { encodeRanges, endOfRanges, type Range, rangesMax } from "../../../../core/wire/ranges.ts";
import { holds } from "../../../laws.ts";
import { hashOf } from "../../authors.ts";

const key: HashKey = [0x1234_5678, 0x9abc_def0];

/** A delta of some generation; who its parents are is of no interest here. */
function delta(name: string, generation: number): AppliedDelta {
  return { id: byteString<DeltaId>(hashOf(name)), parents: [], generation, at: { ms: 0, counter: 0 } };
}

function graphOf(deltas: readonly AppliedDelta[]): Graph {
  const graph = new Graph(createGraphMemory());
  for (const each of deltas) graph.append(each);
  return graph;
}

function viewOf(deltas: readonly AppliedDelta[]): HistoryView {
  return new HistoryView(graphOf(deltas), deltas.length, key);
}

interface Outcome {
  /** By side, what it found the other to lack. */
  readonly toSend: readonly [AppliedDelta[], AppliedDelta[]];
  readonly messages: number;
  readonly bytes: number;
}

/** Side 1 opens, as a responder does. */
function reconcile(sides: readonly [readonly AppliedDelta[], readonly AppliedDelta[]]): Outcome {
  const views = [viewOf(sides[0]), viewOf(sides[1])] as const;
  const toSend: [AppliedDelta[], AppliedDelta[]] = [[], []];
  let bytes = 0;
  let message = openRanges(views[1]);
  for (let messages = 1, side: 0 | 1 = 0; ; messages += 1, side = side === 0 ? 1 : 0) {
    assert.ok(message.length <= rangesMax, `${message.length} ranges`);
    bytes += encode(encodeRanges(message)).length;
    const answer = answerRanges(views[side], message);
    toSend[side].push(
      ...answer.toSend.map((position) => (sides[side] as AppliedDelta[])[position] as AppliedDelta),
    );
    if (!asks(message)) return { toSend, messages, bytes };
    message = answer.ranges;
    assert.ok(messages < 200, "it does not end");
  }
}

function names(deltas: readonly AppliedDelta[]): readonly string[] {
  return deltas.map(({ id }) => id).sort();
}

function line(name: string, from: number, count: number): readonly AppliedDelta[] {
  return Array.from({ length: count }, (_, index) => delta(`${name}${index}`, from + index));
}

test("the hash under a key is that of the reference implementation", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, index) => index);
  const into = { first: new Uint32Array(1), second: new Uint32Array(1), index: 0 };
  keyedHash([0x0302_0100, 0x0706_0504], byteString(bytes), into);
  // vectors_hsip64[16]: 73 36 aa d2 5f 7b f3 b5
  assert.is(into.first[0], 0xd2aa_3673);
  assert.is(into.second[0], 0xb5f3_7b5f);
});

test("each side learns exactly what the other lacks, whatever the shape of both histories", () => {
  const members = fc.array(fc.record({ generation: fc.nat(30), where: fc.nat(3) }), { maxLength: 400 });
  holds(
    fc.property(members, fc.nat(600), (list, commonCount) => {
      const common = line("common", 0, commonCount);
      const drawn = list.map(({ generation, where }, index) => ({
        where,
        it: delta(`${index}`, generation),
      }));
      const own = (side: number) => [
        ...common,
        ...drawn.flatMap(({ where, it }) => (where === side || where > 1 ? [it] : [])),
      ];
      const { toSend } = reconcile([own(0), own(1).toReversed()]);
      for (const side of [0, 1] as const) {
        const lacked = drawn.filter(({ where }) => where === side).map(({ it }) => it);
        assert.equal(names(toSend[side]), names(lacked));
      }
    }),
    { share: 0.3 },
  );
});

test("a recent gap in a long history takes three messages of under a kilobyte", () => {
  const common = line("common", 0, 100_000);
  const outcome = reconcile([
    [...common, ...line("a", 100_000, 50)],
    [...common, ...line("b", 100_000, 50)],
  ]);
  assert.is(outcome.toSend[0].length + outcome.toSend[1].length, 100);
  assert.is(outcome.messages, 3);
  assert.ok(outcome.bytes < 1_024, `${outcome.bytes} bytes`);
});

test("scattered differences in a long history take few and bounded messages", () => {
  const common = line("common", 0, 100_000);
  const scattered = (name: string) =>
    Array.from({ length: 50 }, (_, index) => delta(`${name}${index}`, index * 2_000));
  const outcome = reconcile([
    [...common, ...scattered("a")],
    [...common, ...scattered("b")],
  ]);
  assert.is(outcome.toSend[0].length + outcome.toSend[1].length, 100);
  assert.ok(outcome.messages <= 7 && outcome.bytes < 60_000, `${outcome.messages}, ${outcome.bytes} bytes`);
});

test("very many differences, and very many deltas of one generation, fit bounded messages too", () => {
  const wide = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => delta(`${name}${index}`, 1));
  const common = wide("common", 20_000);
  const outcome = reconcile([
    [...common, ...wide("a", 5_000)],
    [...common, ...wide("b", 5_000)],
  ]);
  assert.is(outcome.toSend[0].length, 5_000);
  assert.is(outcome.toSend[1].length, 5_000);
  const few = reconcile([
    [...common, ...wide("a", 10)],
    [...common, ...wide("b", 10)],
  ]);
  assert.is(few.toSend[0].length + few.toSend[1].length, 20);
  assert.ok(few.bytes < 20_000, `${few.bytes} bytes`);
  const all = reconcile([line("a", 0, 30_000), []]);
  assert.is(all.toSend[0].length + all.toSend[1].length, 30_000);
});

test("another key gives other fingerprints, and equal ranges have equal ones", () => {
  const deltas = line("x", 0, 100);
  const [one, again] = [viewOf(deltas), viewOf(deltas.toReversed())];
  const other = new HistoryView(graphOf(deltas), 100, [1, 2]);
  for (const [from, to] of [
    [0, 100],
    [3, 4],
    [50, 99],
  ] as const) {
    assert.is(one.fingerprint(from, to), again.fingerprint(from, to));
    assert.is.not(one.fingerprint(from, to), other.fingerprint(from, to));
    assert.is.not(one.fingerprint(from, to), one.fingerprint(from, to - 1));
  }
});

test("whatever a peer says, the answer is bounded and names only what is here", () => {
  const deltas = [...line("x", 0, 300), ...line("y", 0, 300)];
  const view = viewOf(deltas);
  const contents = fc.oneof(
    fc.constant({ kind: "skip" as const }),
    fc.constant({ kind: "fingerprint" as const, fingerprint: "\0\0\0\0\0\0\0\0" }),
    fc.nat(20).map((count) => ({ kind: "list" as const, shortIds: new Uint8Array(count * 8).fill(count) })),
    fc.uint8Array({ maxLength: 100 }).map((bits) => ({ kind: "wanted" as const, bits })),
  );
  const messages = fc
    .uniqueArray(fc.nat(400), { maxLength: 60 })
    .chain((ends) =>
      fc.tuple(
        ...ends
          .sort((a, b) => a - b)
          .map((generation) => contents.map((content) => ({ generation, content }))),
      ),
    )
    .map((list) =>
      list.map(({ generation, content }): Range => ({ until: { generation, prefix: 0 }, content })),
    );
  holds(
    fc.property(messages, (ranges) => {
      const answer = answerRanges(view, ranges);
      assert.ok(answer.ranges.length <= rangesMax);
      assert.is(new Set(answer.toSend).size, answer.toSend.length);
      assert.ok(answer.toSend.every((position) => position < deltas.length));
    }),
  );
  const greedy: Range[] = [{ until: endOfRanges, content: { kind: "list", shortIds: new Uint8Array() } }];
  assert.is(answerRanges(view, greedy).toSend.length, deltas.length);
});

test.run();
