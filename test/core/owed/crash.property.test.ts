// Whatever a crash takes, and whenever: what is on the disk is either still owed or was done, and what was done is
// durable once. Invariant 5.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { type ContextId, type DeltaId, toHex } from "../../../core/ids.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { SimDisk } from "../../../sim/world/disk.ts";
import { holds } from "../../laws.ts";
import { LoneNode } from "../lone-node.ts";
import { failuresLeft, ledger } from "./ledger.ts";
import { annAndBob, join, look } from "./told.ts";

const announcements = 8;
const { ann, contextId, annCalls } = annAndBob(ledger);
const other = ann.create("ledger");
/** What peers bring, of which any part may come, in any order. */
const foreign = Array.from({ length: announcements }, (_, nth) =>
  annCalls("announce", { name: `event ${nth}` }),
);

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("gossip" as const), draw: fc.nat(99) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("ask" as const), draw: fc.nat(99) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("pass" as const), draw: fc.nat(3_000) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("sync" as const), draw: fc.constant(0) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash" as const), draw: fc.nat(99) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

class Bob {
  node: LoneNode;
  starts = 0;

  constructor() {
    this.node = new LoneNode("bob", { applications: [ledger] });
    for (const id of [contextId, other]) join(this.node, ann, id);
    this.sync();
  }

  gossip(delta: CausalDelta): void {
    this.node.gossip("ann", contextId, delta.sealed);
  }

  sync(): void {
    this.node.disk.beginSync();
    this.node.disk.endSync();
  }

  /** Loses so many of the batches that were not synced, and starts again on what is left. */
  crash(draw: number): void {
    const { disk } = this.node;
    disk.crash(draw % (disk.unsyncedCount + 1));
    this.starts += 1;
    this.node = restarted(disk, this.starts);
  }

  /** Events on the disk: what peers' deltas there ask for. */
  owedEvents(): readonly string[] {
    return foreign.flatMap(({ id, events }) =>
      this.node.disk.get(`d${id satisfies DeltaId}`) === undefined
        ? []
        : events.map(({ content }) => String(content)),
    );
  }
}

function restarted(disk: SimDisk, starts: number): LoneNode {
  return new LoneNode("bob", { disk, applications: [ledger], words: [starts, 3, 3, 3] });
}

test("after any crashes, each event and each queued call that is on the disk comes to pass once, and no other", () => {
  let crashes = 0;
  let lostSome = 0;
  holds(
    fc.property(steps, fc.array(fc.nat(3), { maxLength: 16 }), (list, failures) => {
      failuresLeft.clear();
      failures.forEach((count, nth) => {
        failuresLeft.set(`event ${nth >> 1} ${nth % 2 === 0 ? "a" : "b"}`, count);
      });
      const bob = new Bob();
      list.forEach(({ kind, draw }, nth) => {
        if (kind === "gossip") bob.gossip(foreign[draw % announcements] as CausalDelta);
        else if (kind === "ask")
          bob.node.execute(contextId, "ask", { name: `call ${nth}`, to: toHex(other) });
        else if (kind === "pass") bob.node.pass(draw);
        else if (kind === "sync") bob.sync();
        else {
          lostSome += Number(bob.node.disk.unsyncedCount > 0);
          crashes += 1;
          bob.crash(draw);
        }
      });
      bob.node.pass(100_000);
      assertAllDone(bob, contextId, bob.owedEvents());
      assertAllDone(bob, other, look(bob.node, contextId, "asked") as string[]);
    }),
  );
  assert.ok(crashes > 0 && lostSome > 0);
});

/** Counted once each: an attempt and what it led to are in one commit, so that none is durable twice. */
function assertAllDone({ node }: Bob, id: ContextId, names: readonly string[]): void {
  const done = look(node, id, "done") as JsonObject;
  assert.equal(Object.keys(done).sort(), [...names].sort());
  assert.ok(Object.values(done).every((count) => count === 1));
  assert.is(node.replica(id).owed.waitingCount + node.replica(id).owed.parkedCount, 0);
}

test.run();
