// A transfer of state that a crash ends at any commit, and one that deltas overtake.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../../core/dag/delta.ts";
import type { Commit } from "../../../../core/effect.ts";
import type { ContextId } from "../../../../core/ids.ts";
import { createBesideMemory } from "../../../../core/states.ts";
import { holds } from "../../../laws.ts";
import { operations, put, trustingCodec, unsigned } from "../../authors.ts";
import { LoneNode, observed } from "../../lone-node.ts";
import { KeyedDisk } from "../../state/states.ts";
import { Link, type Side } from "../link.ts";
import { forgetful, nodeOf, type Parted, partedBy, shapes, talk, wholeOf } from "./replicas.ts";

/** With the larger pages what comes is joined in one commit, with the smaller ones a state is made of it beside the old. */
const pages = fc.constantFrom(256, 2_000);

function configOf(snapshotPageBytes: number) {
  return { ...forgetful, snapshotPageBytes, syncBackoffMaxMs: 0 };
}

function pairOf(parted: Parted, pageBytes: number): Link {
  const config = configOf(pageBytes);
  const side = (name: string, deltas: readonly CausalDelta[]) =>
    nodeOf(name, parted, deltas, config, new KeyedDisk());
  return new Link([side("a", parted.deltas[0]), side("b", parted.deltas[1])]);
}

function assertWhole(link: Link, parted: Parted, expected: LoneNode): void {
  const { contextId } = parted.scribe;
  for (const node of link.nodes) {
    assert.equal(node.replica(contextId).heads(), expected.replica(contextId).heads());
    assert.is(node.replica(contextId).stateRoot(), expected.replica(contextId).stateRoot());
    assert.is(node.replica(contextId).deltas.pending.count, 0);
  }
  for (const effects of link.effects) assert.is(observed(effects, "divergence-alarm"), 0);
  for (const { disk } of link.nodes) assertTidy(disk as KeyedDisk, contextId);
}

/** A start finds the whole state on the disk, and no other one beside it, nor parts of any. */
function assertTidy(disk: KeyedDisk, contextId: ContextId): void {
  const again = new LoneNode("again", { disk: disk.copy(), codec: trustingCodec });
  const { state } = again.replica(contextId);
  for (const leaf of state.leaves({})) state.entityOf(leaf);
  const { space } = again.core.capture().replicas.get(contextId)?.beside ?? {};
  const kinds = disk.keys().map((key) => (/^[et]/.test(key) ? key.slice(0, 2) : key.slice(0, 1)));
  for (const kind of new Set(kinds))
    assert.not("v" === kind || (/^[et][^p]/.test(kind) && kind[1] !== space), `${kind} in ${space}`);
}

/** One after another, what may happen next happens: time passes for a side, or something reaches it. */
function step(link: Link, index: number): void {
  const side = (index & 1) as Side;
  if (index % 4 < 2) link.did(side, link.nodes[side].pass(5));
  else link.arrive(side);
}

/** The process of a side ends, without so many of the commits it made last; the other's streams close. */
function crash(link: Link, side: Side, { lost, pageBytes }: { lost: number; pageBytes: number }): Link {
  const survivor = link.nodes[1 - side] as LoneNode;
  const { sessions, states } = survivor.core.capture().sync;
  for (const stream of [...sessions.keys(), ...states.receiving.keys(), ...states.serving.keys()])
    survivor.give({ kind: "stream-closed", stream });
  const { disk } = link.nodes[side];
  disk.crash(Math.min(lost, disk.unsyncedCount));
  const config = configOf(pageBytes);
  const again = new LoneNode(side === 0 ? "a" : "b", { disk, codec: trustingCodec, config });
  return new Link(side === 0 ? [again, survivor] : [survivor, again]);
}

const stepsMax = 90;
/** What the smaller pages bring takes longer. */
const longer = 4;

test("whichever side crashes, and at whichever commit, the next session gives both all there is", () => {
  const crashed = { transferring: 0, losing: 0 };
  const crashes = fc.record({
    pageBytes: pages,
    draw: fc.nat(stepsMax),
    side: fc.constantFrom(0, 1),
    lost: fc.oneof(fc.constant(0), fc.nat(30)),
  });
  holds(
    fc.property(shapes, crashes, (shape, { pageBytes, draw, side, lost }) => {
      const parted = partedBy(shape);
      const steps = pageBytes === 256 ? draw * longer : draw;
      const link = pairOf(parted, pageBytes);
      link.meet(parted.scribe.contextId);
      // Where commits are to be lost, some that can be are waited for.
      const isDue = (index: number) =>
        index > steps && (lost === 0 || link.nodes[side].disk.unsyncedCount > 0);
      for (let index = 0; !isDue(index) && index < 4 * longer * stepsMax; index += 1) {
        // What was said rests on what is durable.
        link.nodes[side].disk.beginSync();
        link.nodes[side].disk.endSync();
        step(link, index);
      }
      crashed.transferring += Number(link.nodes[side].core.sync.states.count > 0);
      crashed.losing += Number(lost > 0 && link.nodes[side].disk.unsyncedCount > 0);
      const next = crash(link, side, { lost, pageBytes });
      talk(next, parted, 4_000);
      assertWhole(next, parted, wholeOf(parted));
    }),
    { share: 0.3 },
  );
  assert.ok(crashed.transferring > 0, "no crash met a transfer");
  assert.ok(crashed.losing > 0, "no crash took a commit");
});

/** A context that is deleted at the start goes whole. */
function assertGone(disk: KeyedDisk, contextId: ContextId): void {
  const node = new LoneNode("a", { disk, codec: trustingCodec });
  node.call({ kind: "delete-context", contextId });
  node.pass(0);
  assert.equal(
    disk.keys().filter((key) => key.startsWith("d") || key.includes(contextId)),
    [],
  );
}

/** A disk that remembers what it was given. */
class RememberingDisk extends KeyedDisk {
  readonly commits: Commit[] = [];

  override append(commit: Commit): void {
    this.commits.push(commit);
    super.append(commit);
  }
}

test("whichever commit of a long transfer is the last, the next session succeeds and nothing is left of the first", () => {
  const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
  const parted = partedBy({
    common: numbers(0, 40),
    own: [numbers(0, 60), numbers(30, 330)],
    isSorted: false,
  });
  const { contextId } = parted.scribe;
  const [disk, other] = [new RememberingDisk(), new KeyedDisk()];
  const config = configOf(256);
  const a = nodeOf("a", parted, parted.deltas[0], config, disk);
  const b = nodeOf("b", parted, parted.deltas[1], config, other);
  const begun = disk.commits.length;
  const before = other.copy();
  talk(new Link([a, b]), parted);
  const met = { staging: 0, making: 0, removing: 0 };
  for (let kept = begun; kept <= disk.commits.length; kept += 1) {
    const left = new KeyedDisk();
    for (const commit of disk.commits.slice(0, kept)) left.append(commit);
    assertGone(left.copy(), contextId);
    const again = new LoneNode("a", { disk: left, codec: trustingCodec, config });
    const { space, stagedBlocks, leaving } =
      again.core.capture().replicas.get(contextId)?.beside ?? createBesideMemory();
    met.staging += Number(stagedBlocks > 0 && leaving === null);
    met.making += Number(space === "s" && stagedBlocks > 0 && leaving !== null);
    met.removing += Number(space === "u" && leaving !== null);
    again.pass(50);
    assertTidy(left, contextId);
    const next = new Link([again, new LoneNode("b", { disk: before.copy(), codec: trustingCodec, config })]);
    talk(next, parted, 3_000);
    assertWhole(next, parted, wholeOf(parted));
  }
  for (const [moment, times] of Object.entries(met)) assert.ok(times > 0, `no crash while ${moment}`);
});

test("deltas that come while a state does, in any order, are applied when it is here", () => {
  let waited = 0;
  const arrivals = fc.array(fc.tuple(fc.nat(80), fc.nat(3)), { minLength: 1, maxLength: 20 });
  holds(
    fc.property(shapes, arrivals, pages, (shape, drawn, pageBytes) => {
      const parted = partedBy(shape);
      const { scribe } = parted;
      const late: CausalDelta[] = [];
      for (const [index, [, back]] of drawn.entries()) {
        const on = late.at(-1 - back) ?? parted.deltas[0].at(-1) ?? scribe.genesis;
        const hlc = { ms: 9_000 + index, counter: 0 };
        late.push(
          scribe.write([on], { by: unsigned("zoe"), hlc, content: operations(put(`late ${index}`, index)) }),
        );
      }
      const link = pairOf(parted, pageBytes);
      link.meet(scribe.contextId);
      for (let index = 0; index <= 80; index += 1) {
        step(link, index);
        for (const [place, [at]] of drawn.entries())
          if (at === index)
            link.did(
              1,
              link.nodes[1].gossip("someone", scribe.contextId, late[place]?.sealed ?? new Uint8Array()),
            );
        waited = Math.max(waited, link.nodes[1].replica(scribe.contextId).deltas.pending.count);
      }
      talk(link, parted, 4_000);
      const all = { ...parted, deltas: [[...parted.deltas[0], ...late], parted.deltas[1]] } as const;
      assertWhole(link, parted, wholeOf(all));
    }),
    { share: 0.2 },
  );
  assert.ok(waited > 1, "nothing had to wait");
});

test.run();
