// Two nodes exchange what the other lacks: in one session, in causal order, and never more than was given credit for.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { DeltaId } from "../../../core/ids.ts";
import { turnBytesMax, turnDeltasMax } from "../../../core/limits.ts";
import { creditMax, initialCredit } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { chainOf, operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { idsIn } from "../batches.ts";
import { type LoneNode, observed, only, said } from "../lone-node.ts";
import { Link, type Side } from "./link.ts";
import { nodeWith, partners, sides } from "./partners.ts";

/** Checks of the messages of all sessions: what was sent against what credit was given, message by message. */
class CreditWatch {
  readonly #outstanding = new Map<string, number>();
  #seen = 0;
  most = 0;

  check(link: Link): void {
    for (const { side, stream, message } of link.heard.slice(this.#seen)) {
      const key = (sender: number) => `${stream} ${sender}`;
      const add = (sender: number, amount: number) => {
        const now = (this.#outstanding.get(key(sender)) ?? 0) + amount;
        assert.ok(now >= 0, "credit for more than came");
        this.#outstanding.set(key(sender), now);
        this.most = Math.max(this.most, now);
      };
      if (message.kind === "deltas") {
        add(side, 1);
        const { length } = message.batch.entries;
        assert.ok(length > 0 && length <= turnDeltasMax);
      }
      if (message.kind === "credit") add(1 - side, -message.messages);
    }
    this.#seen = link.heard.length;
    assert.ok(this.most <= initialCredit, `${this.most} messages without credit`);
  }
}

test("one session brings both to the same heads and root, however its messages interleave", () => {
  holds(
    fc.property(partners, fc.array(fc.nat(1), { maxLength: 80 }), ({ written, known }, schedule) => {
      const { contextId } = written.genesis;
      const own = (side: Side) => written.deltas.filter(({ id }) => known[side].has(id));
      const nodes = [nodeWith("a", written, own(0)), nodeWith("b", written, own(1))] as const;
      const link = new Link(nodes);
      const credit = new CreditWatch();
      const stream = 1;
      link.did(0, nodes[0].meet("b", contextId));
      link.did(0, nodes[0].pass(25));
      for (const side of [
        ...(schedule as Side[]),
        ...Array.from({ length: 400 }, (_, index) => (index % 2) as Side),
      ]) {
        link.arrive(side);
        credit.check(link);
      }
      const [a, b] = nodes.map((node) => node.replica(contextId)) as [
        ReturnType<LoneNode["replica"]>,
        ReturnType<LoneNode["replica"]>,
      ];
      assert.equal(a.heads(), b.heads());
      assert.is(a.stateRoot(), b.stateRoot());
      for (const side of sides) {
        assert.equal(only(link.effects[side], "fault"), []);
        assert.is(observed(link.effects[side], "delta-pending"), 0, "sent before its parents");
        assert.is(nodes[side].core.sync.sessions.table.count, 0, "the session did not end");
      }
      assert.ok(link.heard.every((each) => each.stream === stream));
      for (const side of sides) {
        const sent = link.heard.flatMap((each) =>
          each.side === side ? idsIn(each.message, written.genesis.contextId) : [],
        );
        const lacked = own(side).filter(({ id }) => id !== written.genesis.id && !known[1 - side]?.has(id));
        assert.equal(
          sent,
          lacked.map(({ id }) => id),
        );
      }
    }),
    { share: 0.6 },
  );
});

test("what thousands of deltas need is streamed in causal order as credit comes", () => {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  const deltas = chainOf(scribe, 5_000, (index) => ({
    by: unsigned("ann"),
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put(`k${index % 10}`, "x".repeat(400))),
  }));
  const nodes = [nodeWith("a", scribe, deltas), nodeWith("b", scribe, [])] as const;
  for (const node of nodes) node.pass(10);
  const link = new Link(nodes);
  link.did(0, nodes[0].meet("b", scribe.contextId));
  link.did(0, nodes[0].pass(25));
  const credit = new CreditWatch();
  while (link.arrive(1) || link.arrive(0)) credit.check(link);
  link.pass(10);
  assert.is(credit.most, initialCredit);
  assert.equal(nodes[1].replica(scribe.contextId).heads(), nodes[0].replica(scribe.contextId).heads());
  const ids = link.heard.flatMap(({ side, message }) => (side === 0 ? idsIn(message, scribe.contextId) : []));
  assert.is(ids.length, deltas.length);
  assert.ok(ids.every((id, index) => id === deltas[index]?.id));
});

test("a peer that gives itself credit without end has no more than a bounded amount sent at once", () => {
  const scribe = new Scribe(unsigned("ann"), { codec: trustingCodec });
  const content = operations(put("k", "x".repeat(200_000)));
  const deltas = Array.from({ length: 100 }, (_, index) =>
    scribe.write([scribe.genesis], { by: unsigned("ann"), hlc: { ms: index, counter: 0 }, content }),
  );
  const node = nodeWith("a", scribe, deltas);
  node.give({ kind: "stream-opened", stream: -1, peer: "b" as never });
  node.say(-1, { kind: "delta-request", contextId: scribe.contextId, ids: deltas.map(({ id }) => id) });
  for (let times = 0; times < 10; times += 1) {
    const frames = only(node.say(-1, { kind: "credit", messages: creditMax }), "send");
    assert.ok(frames.reduce((bytes, { frame }) => bytes + frame.length, 0) < 2 * turnBytesMax);
  }
});

test("a pull brings what was asked for, as far as it is there, and ends", () => {
  holds(
    fc.property(partners, ({ written, known }) => {
      const { contextId } = written.genesis;
      const own = written.deltas.filter(({ id }) => known[0].has(id));
      const node = nodeWith("a", written, own);
      node.give({ kind: "stream-opened", stream: -1, peer: "b" as never });
      const ids = written.deltas.map(({ id }) => id).toReversed();
      const effects = node.say(-1, { kind: "delta-request", contextId, ids });
      const sent = said(effects, -1).flatMap((message) => idsIn(message, contextId));
      const there = written.deltas.filter(({ id }) => id === written.genesis.id || known[0].has(id));
      assert.equal([...sent].sort(), there.map(({ id }) => id).sort());
      assert.is(said(effects, -1).at(-1)?.kind, "done");
      const before = new Set<DeltaId>();
      const byId = new Map(written.deltas.map((delta) => [delta.id, delta]));
      for (const id of sent) {
        for (const parent of byId.get(id)?.parents ?? []) assert.ok(before.has(parent));
        before.add(id);
      }
      assert.is(node.core.sync.sessions.table.count, 0);
    }),
    { share: 0.2 },
  );
});

test.run();
