// What two nodes remember to have in common makes a session short, and never makes it lose anything.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { ContextId, DeltaId } from "../../../core/ids.ts";
import { decodeSyncMessage, encodeSyncMessage } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { chainOf, operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { claimFrontiers, exchange, forgetFrontiers, meetAgain, storedFrontiers } from "./frontier-states.ts";
import { Link } from "./link.ts";
import { learn, nodeWith, partners, sides } from "./partners.ts";

type Nodes = readonly [LoneNode, LoneNode];

function deltasOf(scribe: Scribe, by: string, count: number): readonly CausalDelta[] {
  return chainOf(scribe, count, (index) => ({
    by: unsigned(by),
    hlc: { ms: 2_000 + index, counter: 0 },
    content: operations(put(`k${index}`, by)),
  }));
}

/** A chain on the last of others. */
function on(
  others: readonly CausalDelta[],
  scribe: Scribe,
  by: string,
  count: number,
): readonly CausalDelta[] {
  const written = [...others];
  for (let index = 0; index < count; index += 1) {
    const hlc = { ms: 9_000 + index, counter: 0 };
    const content = operations(put(`k${index}`, by));
    written.push(scribe.write([written.at(-1) ?? scribe.genesis], { by: unsigned(by), hlc, content }));
  }
  return written.slice(others.length);
}

function newScribe(): Scribe {
  return new Scribe(unsigned("ann"), { codec: trustingCodec });
}

function assertSame([a, b]: Nodes, contextId: ContextId): void {
  assert.equal(a.replica(contextId).heads(), b.replica(contextId).heads());
  assert.is(a.replica(contextId).stateRoot(), b.replica(contextId).stateRoot());
}

function countOf(link: Link, name: string): readonly [number, number] {
  return [observed(link.effects[0], name), observed(link.effects[1], name)];
}

/** Both with the same deltas, after a session that showed it to them. */
function acquainted(scribe: Pick<Scribe, "genesis">, common: readonly CausalDelta[]): Link {
  const link = new Link([nodeWith("a", scribe, common), nodeWith("b", scribe, common)]);
  meetAgain(link, scribe.genesis.contextId);
  exchange(link);
  return link;
}

const states = ["remembered", "stale", "lost", "lost-by-a", "lost-by-b"] as const;

test("one session converges, whatever both or one of them remember, and sends nothing twice", () => {
  const used = new Set<string>();
  holds(
    fc.property(partners, fc.constantFrom(...states), ({ written, known }, state) => {
      const { contextId } = written.genesis;
      const isCommon = ({ id }: CausalDelta) => known[0].has(id) && known[1].has(id);
      const link = acquainted(written, written.deltas.filter(isCommon));
      const { nodes } = link;
      const [stale] = storedFrontiers(nodes[0].disk, contextId);
      if (state === "stale") {
        learn(nodes[0], written.deltas);
        meetAgain(link, contextId);
        exchange(link);
        if (stale !== undefined) nodes[0].disk.append({ kind: "commit", writes: [stale] });
      } else {
        for (const side of sides)
          learn(
            nodes[side],
            written.deltas.filter(({ id }) => known[side].has(id)),
          );
      }
      if (state === "lost" || state === "lost-by-a") forgetFrontiers(nodes[0].disk, contextId);
      if (state === "lost" || state === "lost-by-b") forgetFrontiers(nodes[1].disk, contextId);
      const before = [countOf(link, "delta-duplicate"), countOf(link, "sync-deltas-sent")];
      meetAgain(link, contextId);
      exchange(link);
      assertSame(nodes, contextId);
      for (const side of sides) {
        assert.equal(only(link.effects[side], "fault"), []);
        assert.is(observed(link.effects[side], "delta-pending"), 0);
        assert.is(nodes[side].core.sync.sessions.table.count, 0);
      }
      assert.equal(countOf(link, "delta-duplicate"), before[0]);
      for (const name of ["none", "delta-known", "delta-warm", "delta-cold"])
        if (countOf(link, `sync-${name}`)[1] > 0) used.add(name);
    }),
    { share: 0.5 },
  );
  assert.ok(used.size >= 2, `only ${[...used]}`);
});

/** Of deltas with what is of the frontier told by its id, which is this. */
function withParentsTold(frame: Uint8Array, id: DeltaId): Uint8Array {
  const message = decodeSyncMessage(frame);
  if (message.kind !== "deltas") return frame;
  const told = (parent: DeltaId | number) => (typeof parent === "number" && parent < 0 ? id : parent);
  const entries = message.batch.entries.map((entry) =>
    entry instanceof Uint8Array ? entry : { ...entry, parents: entry.parents.map(told) },
  );
  return encodeSyncMessage({ ...message, batch: { ...message.batch, entries } });
}

test("a peer that claims a frontier it has lost is given what it lacks in the session after", () => {
  const scribe = newScribe();
  const { contextId } = scribe;
  const common = deltasOf(scribe, "ann", 30);
  const honest = acquainted(scribe, common).nodes[1];
  const more = (by: string, on: CausalDelta) =>
    scribe.write([on], { by: unsigned(by), hlc: { ms: 9_000, counter: 0 }, content: operations(put(by, 1)) });
  // On what is not of the frontier: that would be told by its place, and mean something else to the liar.
  learn(honest, [more("bob", common.at(-2) as CausalDelta)]);
  const liar = nodeWith("a", scribe, []);
  learn(liar, [more("eve", scribe.genesis)]);
  claimFrontiers(acquainted(scribe, common).nodes[0].disk, liar.disk, contextId);
  const link = new Link([liar, honest]);
  link.tamper = (side, frame) => (side === 0 ? withParentsTold(frame, scribe.genesis.id) : frame);
  meetAgain(link, contextId);
  exchange(link);
  assert.equal(countOf(link, "sync-delta-warm"), [1, 1]);
  assert.equal(countOf(link, "frontier-forgotten"), [1, 0]);
  assert.not.equal(liar.replica(contextId).heads(), honest.replica(contextId).heads());
  meetAgain(link, contextId);
  exchange(link);
  assertSame(link.nodes, contextId);
});

test("equal heads cost two small messages, and write nothing where nothing changed", () => {
  const scribe = newScribe();
  const link = acquainted(scribe, deltasOf(scribe, "ann", 500));
  const before = sides.map((side) => only(link.effects[side], "commit").length);
  meetAgain(link, scribe.contextId);
  exchange(link);
  const said = link.heard.map(({ message }) => message);
  assert.equal(
    said.map(({ kind }) => kind),
    ["handshake", "handshake", "done", "done"],
  );
  for (const message of said) assert.ok(encodeSyncMessage(message).length < 250);
  assert.equal(
    sides.map((side) => only(link.effects[side], "commit").length),
    before,
  );
});

test("what both wrote since they last met takes three hops, and nothing else travels", () => {
  for (const count of [1, 10, 100, 500]) {
    const scribe = newScribe();
    const link = acquainted(scribe, deltasOf(scribe, "ann", 50));
    learn(link.nodes[0], deltasOf(scribe, "bob", count));
    learn(link.nodes[1], deltasOf(scribe, "eve", count));
    meetAgain(link, scribe.contextId);
    const hops = exchange(link);
    assertSame(link.nodes, scribe.contextId);
    assert.equal(countOf(link, "sync-delta-warm"), [1, 1]);
    assert.equal(countOf(link, "sync-deltas-sent"), [count, count]);
    const last = hops.findLastIndex((said) => said.some(({ message }) => message.kind === "deltas"));
    if (count <= 100) assert.is(last, 2);
  }
});

test("without anything remembered a recent gap takes five hops and less than three kilobytes", () => {
  const scribe = newScribe();
  const { contextId } = scribe;
  const common = deltasOf(scribe, "ann", 3_000);
  const link = new Link([nodeWith("a", scribe, common), nodeWith("b", scribe, common)]);
  learn(link.nodes[0], on(common, scribe, "bob", 50));
  learn(link.nodes[1], on(common, scribe, "eve", 50));
  meetAgain(link, contextId);
  const hops = exchange(link);
  assertSame(link.nodes, contextId);
  assert.equal(countOf(link, "sync-delta-cold"), [1, 1]);
  assert.equal(countOf(link, "sync-deltas-sent"), [50, 50]);
  assert.is(
    hops.findLastIndex((said) => said.some(({ message }) => message.kind === "deltas")),
    4,
  );
  const spoken = link.heard.filter(({ message }) => message.kind !== "deltas");
  const bytes = spoken.reduce((sum, { message }) => sum + encodeSyncMessage(message).length, 0);
  assert.ok(bytes < 3_072, `${bytes} bytes`);
});

test("what both heard from others meanwhile is hardly sent again", () => {
  const scribe = newScribe();
  const link = acquainted(scribe, deltasOf(scribe, "ann", 50));
  const heard = deltasOf(scribe, "carol", 200);
  for (const node of link.nodes) learn(node, heard);
  learn(link.nodes[0], on(heard, scribe, "bob", 10));
  learn(link.nodes[1], on(heard, scribe, "eve", 10));
  meetAgain(link, scribe.contextId);
  exchange(link);
  assertSame(link.nodes, scribe.contextId);
  assert.equal(countOf(link, "sync-delta-warm"), [1, 1]);
  for (const again of countOf(link, "delta-duplicate")) assert.ok(again <= 5, `${again} sent again`);
});

test("a session whose end reached one side only leaves the frontier before it", () => {
  const scribe = newScribe();
  const { contextId } = scribe;
  const link = acquainted(scribe, deltasOf(scribe, "ann", 50));
  const before = storedFrontiers(link.nodes[1].disk, contextId);
  learn(link.nodes[0], deltasOf(scribe, "bob", 3));
  meetAgain(link, contextId);
  exchange(link);
  link.nodes[1].disk.append({ kind: "commit", writes: before });
  learn(link.nodes[0], deltasOf(scribe, "carol", 3));
  learn(link.nodes[1], deltasOf(scribe, "eve", 3));
  meetAgain(link, contextId);
  exchange(link);
  assertSame(link.nodes, contextId);
  assert.equal(countOf(link, "sync-delta-warm"), [2, 2]);
});

test("whoever holds all heads of the other streams at once, whichever side it is", () => {
  for (const ahead of sides) {
    const scribe = newScribe();
    const nodes = [nodeWith("a", scribe, []), nodeWith("b", scribe, [])] as const;
    learn(nodes[ahead], deltasOf(scribe, "ann", 20));
    const link = new Link(nodes);
    meetAgain(link, scribe.contextId);
    const hops = exchange(link);
    assertSame(nodes, scribe.contextId);
    assert.equal(countOf(link, "sync-delta-known"), [1, 1]);
    const last = hops.findLastIndex((said) => said.some(({ message }) => message.kind === "deltas"));
    assert.is(last, ahead === 0 ? 2 : 1);
  }
});

test("a frontier survives a restart", () => {
  const scribe = newScribe();
  const [a, b] = acquainted(scribe, deltasOf(scribe, "ann", 50)).nodes;
  const again = new LoneNode("a", { codec: trustingCodec, disk: a.disk });
  learn(again, deltasOf(scribe, "bob", 3));
  learn(b, deltasOf(scribe, "eve", 3));
  const link = new Link([again, b]);
  meetAgain(link, scribe.contextId);
  exchange(link);
  assert.equal(countOf(link, "sync-delta-warm"), [1, 1]);
  assertSame(link.nodes, scribe.contextId);
});

test("a session that is cut off, warm or cold, is gone on with: what arrived is not sent again", () => {
  const scribe = newScribe();
  const { contextId } = scribe;
  const write = (by: string, count: number) =>
    chainOf(scribe, count, (index) => ({
      by: unsigned(by),
      hlc: { ms: 2_000 + index, counter: 0 },
      content: operations(put(`k${index}`, by.repeat(300))),
    }));
  for (const isCold of [false, true]) {
    for (const arrivals of [5, 6, 7, 8, 9, 10]) {
      const link = acquainted(scribe, write("ann", 20));
      learn(link.nodes[0], write("bob", 1_500));
      learn(link.nodes[1], write("eve", 300));
      for (const node of link.nodes) {
        node.pass(10);
        if (isCold) forgetFrontiers(node.disk, contextId);
      }
      meetAgain(link, contextId);
      for (let index = 0; index < arrivals; index += 1) link.arrive(index % 2 === 0 ? 1 : 0);
      for (const side of sides) {
        link.travelling[side].length = 0;
        const peer = side === 0 ? "b" : "a";
        for (const stream of link.nodes[side].core.capture().sync.sessions.keys())
          link.did(side, link.nodes[side].give({ kind: "stream-closed", stream }));
        link.did(side, link.nodes[side].give({ kind: "peer-disconnected", peer: peer as never }));
        link.travelling[side].length = 0;
      }
      meetAgain(link, contextId);
      exchange(link);
      assertSame(link.nodes, contextId);
      assert.equal(countOf(link, "delta-duplicate"), [0, 0], `after ${arrivals} arrivals`);
    }
  }
});

test("a node goes on from a copy of its memory in the middle of a session", () => {
  holds(
    fc.property(partners, fc.nat(6), fc.boolean(), ({ written, known }, arrivals, isCold) => {
      const { contextId } = written.genesis;
      const isCommon = ({ id }: CausalDelta) => known[0].has(id) && known[1].has(id);
      const link = acquainted(written, written.deltas.filter(isCommon));
      for (const side of sides) {
        learn(
          link.nodes[side],
          written.deltas.filter(({ id }) => known[side].has(id)),
        );
        if (isCold) forgetFrontiers(link.nodes[side].disk, contextId);
      }
      meetAgain(link, contextId);
      for (let index = 0; index < arrivals; index += 1) link.arrive(index % 2 === 0 ? 1 : 0);
      for (const node of link.nodes) node.goOnFromCopy();
      exchange(link);
      assertSame(link.nodes, contextId);
      for (const side of sides) assert.equal(only(link.effects[side], "fault"), []);
    }),
    { share: 0.3 },
  );
});

test.run();
