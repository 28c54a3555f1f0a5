// No interleaving of commits, syncs, crashes of any kind and restarts loses what was acknowledged or published:
// the disk is always a prefix of the node's history. Invariant 5.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { Effect } from "../../../core/effect.ts";
import type { ContextId, DeltaId, Hash } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import { SpeechGate } from "../../../core/speech-gate.ts";
import { type CrashMode, SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";
import { chainOf, identityOf, opened, operations, put, Scribe } from "../authors.ts";
import { LoneNode } from "../lone-node.ts";

const ann = identityOf("ann");
const scribe = new Scribe(ann);
const { contextId } = scribe;
/** What peers bring: a chain, of which any part may come, in any order. */
const foreign = chainOf(scribe, 12, (index) => ({
  by: ann,
  hlc: { ms: 2_000, counter: index },
  content: operations(put(`theirs ${index}`, index)),
}));

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), draw: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("gossip" as const), draw: fc.nat() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom("begin-sync" as const, "end-sync" as const),
        draw: fc.nat(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constantFrom<CrashMode>("keep", "lose-unsynced", "torn"),
        draw: fc.nat(0xffff_ffff),
      }),
    },
  ),
  { minLength: 1, maxLength: 60 },
);

/** A node with a gate and a disk, as any driver has them; what it said, to clients and to peers. */
class Driven {
  readonly disk: SimDisk;
  readonly acknowledged: DeltaId[] = [];
  readonly published: DeltaId[] = [];
  /** Roots after each commit ever made that is still there. */
  roots: (Hash | null)[] = [];
  #node: LoneNode;
  #gate: SpeechGate;
  #starts = 0;

  constructor() {
    this.disk = new SimDisk();
    this.#gate = this.#newGate();
    this.#node = this.#start();
    this.#did(
      this.#node.give({
        kind: "request",
        request: "join",
        call: { kind: "join-context", contextId, genesis: scribe.genesis.sealed },
      }),
    );
  }

  get node(): LoneNode {
    return this.#node;
  }

  write(key: string): void {
    const call = { kind: "execute", contextId, method: "set", args: { key, value: key } } as const;
    this.#did(this.#node.give({ kind: "request", request: key, call }));
  }

  gossip(draw: number): void {
    const delta = foreign[draw % foreign.length] as CausalDelta;
    this.#did(this.#node.gossip("ann", contextId, delta.sealed));
  }

  beginSync(): void {
    if (!this.disk.isSyncing) this.disk.beginSync();
  }

  endSync(): void {
    if (this.disk.isSyncing) this.#gate.durable(this.disk.endSync());
  }

  crash(mode: CrashMode, draw: number): void {
    const lost = this.disk.countLost(mode, draw);
    if (mode === "torn" && this.disk.unsyncedCount > 0) assert.ok(lost > 0);
    this.disk.crash(lost);
    this.roots = this.roots.slice(0, this.roots.length - lost);
    this.#gate = this.#newGate();
    this.#node = this.#start();
  }

  root(): Hash | null {
    return this.#node.core.replicas().get(contextId)?.stateRoot() ?? null;
  }

  #start(): LoneNode {
    this.#starts += 1;
    // LoneNode performs the start at once; its commit counts like any other.
    const before = this.disk.unsyncedCount;
    const node = new LoneNode("node", { disk: this.disk, words: [this.#starts, 5, 5, 5] });
    const commits = this.disk.unsyncedCount - before;
    this.#gate.push(Array.from({ length: commits }, () => ({ kind: "commit", writes: [] }) as const));
    this.#node = node;
    for (let index = 0; index < commits; index += 1) this.roots.push(this.root());
    return node;
  }

  #newGate(): SpeechGate {
    return new SpeechGate({ commit: () => {}, perform: (effect) => this.#perform(effect) });
  }

  /** LoneNode appended the commits already; the gate holds back the rest. */
  #did(effects: readonly Effect[]): void {
    for (const { kind } of effects) if (kind === "commit") this.roots.push(this.root());
    this.#gate.push(effects);
  }

  #perform(effect: Effect): void {
    if (effect.kind === "publish") this.published.push(opened(effect.message).id);
    if (effect.kind !== "reply" || effect.outcome.kind !== "executed" || effect.outcome.written === null)
      return;
    this.acknowledged.push(effect.outcome.written);
  }
}

test("what was acknowledged or published is there after every restart, and the state is one it once had", () => {
  let crashes = 0;
  let acknowledged = 0;
  holds(
    fc.property(steps, (list) => {
      const driven = new Driven();
      list.forEach(({ kind, draw }, index) => {
        if (kind === "write") driven.write(`mine ${index}`);
        else if (kind === "gossip") driven.gossip(draw);
        else if (kind === "begin-sync") driven.beginSync();
        else if (kind === "end-sync") driven.endSync();
        else {
          const rootsBefore = [...driven.roots];
          driven.crash(kind, draw);
          crashes += 1;
          assertKept(driven);
          assert.ok(rootsBefore.includes(driven.root()), "a state it never had");
        }
      });
      acknowledged += driven.acknowledged.length;
    }),
  );
  assert.ok(crashes > 0 && acknowledged > 0);
});

function assertKept({ node, acknowledged, published, roots }: Driven): void {
  const replica = node.core.replicas().get(contextId);
  for (const id of [...acknowledged, ...published])
    assert.ok(replica?.deltas.graph.has(id), "a promise was broken");
  if (replica === undefined) return;
  assert.is(replica.stateRoot(), roots.at(-1));
  if (!replica.isInitialized) return;
  assertSameAsReplayed(node, contextId);
}

/** A node that is given the same deltas anew comes to the same: deltas, index, entities and root belong together. */
function assertSameAsReplayed(node: LoneNode, id: ContextId): void {
  const replica = node.replica(id);
  const replayed = new LoneNode("replayed");
  replayed.call({ kind: "join-context", contextId: id });
  for (let position = 0; position < replica.deltas.graph.count; position += 1) {
    const sealed = node.disk.get(`d${replica.deltas.graph.at(position).id}`);
    replayed.gossip("node", id, sealed ?? new Uint8Array());
  }
  assert.equal(replayed.replica(id).heads(), replica.heads());
  assert.is(replayed.replica(id).stateRoot(), replica.stateRoot());
  assert.equal(entriesOf(replayed, id), entriesOf(node, id));
}

function entriesOf(node: LoneNode, id: ContextId): JsonObject | null {
  const outcome = node.execute(id, "entries");
  return outcome.kind === "executed" ? (outcome.output as JsonObject) : null;
}

test.run();
