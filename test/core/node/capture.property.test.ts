// A node is its memory and its disk: from a copy of both, taken at any moment, it does exactly the same again.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { copyMemory } from "../../../core/memory.ts";
import { planOf } from "../../../sim/host/simulate.ts";
import { Simulation } from "../../../sim/simulation.ts";
import { holds } from "../../laws.ts";
import { owing } from "../../sim/small-plans.ts";
import { plain } from "../plain.ts";
import { DiskKeys, Fork, KeyRing } from "./forks.ts";

const moments = fc.array(fc.record({ event: fc.integer({ min: 1, max: 9_000 }), node: fc.nat(6) }), {
  minLength: 1,
  maxLength: 4,
});

test("a fork of captured memory and a copied disk gives identical effects from then on", () => {
  let [compared, adopted] = [0, 0];
  holds(
    fc.property(fc.nat(1_000_000), moments, (seed, plan) => {
      const [keys, disks] = [new KeyRing(), new DiskKeys()];
      try {
        const forks: Fork[] = [];
        const simulation: Simulation = new Simulation(planOf(owing, seed), {
          crypto: keys,
          onEvent: ({ node: id, timeUs, input, effects }) => {
            for (const fork of forks) {
              if (fork.node.id !== id || fork.node.core !== fork.original) continue;
              fork.record(input, effects, fork.node.clock.now(timeUs));
            }
          },
        });
        const { world } = simulation;
        while (simulation.step()) {
          for (const { event, node: index } of plan) {
            const node = world.nodes[index];
            if (event === world.events && node?.core) forks.push(new Fork(node, node.core, { keys, disks }));
          }
        }
        for (const fork of forks) {
          const again = fork.replay(assertSame);
          // Oracles read through a node's cache of decoded records, too.
          const { decoded: _, ...memory } = again.capture();
          const { decoded: __, ...original } = fork.original.capture();
          if (fork.node.core === fork.original) assertSame(memory, original);
          // The first replay left the captured memory as it was.
          fork.replay(assertSame);
          compared += fork.length;
        }
        const { traceHash: hash, probes } = simulation.finish();
        adopted += probes["state-adopted"] ?? 0;
        const undisturbed = new Simulation(planOf(owing, seed), { crypto: keys }).finish().traceHash;
        assert.is(hash, undisturbed, "capturing changed the run");
      } finally {
        disks.stop();
      }
    }),
    { share: 0.015 },
  );
  assert.ok(compared > 100, `only ${compared} inputs were compared`);
  assert.ok(adopted > 0, "no state was given");
});

function assertSame(found: unknown, expected: unknown): void {
  assert.equal(plain(found), plain(expected));
}

test("a copy of plain data shares nothing that changes", () => {
  const frozen = Object.freeze({ a: 1 });
  const bytes = Uint8Array.of(1, 2);
  const memory = {
    list: [{ n: 1 }, [2]],
    map: new Map([["k", { set: new Set([1]) }]]),
    words: [1, 2, 3, 4],
    nothing: null,
    frozen,
    bytes,
  };
  const copy = copyMemory(memory);
  assert.equal(copy, memory);
  assert.is(copy.frozen, frozen);
  assert.is(copy.bytes, bytes);
  copy.list.push([3]);
  (copy.list[0] as { n: number }).n = 5;
  copy.map.get("k")?.set.add(2);
  copy.words[0] = 9;
  assert.equal(memory.list, [{ n: 1 }, [2]]);
  assert.equal(memory.map.get("k")?.set, new Set([1]));
  assert.is(memory.words[0], 1);
});

test("what is not plain data cannot hide in a memory", () => {
  assert.throws(() => copyMemory({ callback: () => 1 }), /function, which is not plain data/);
  assert.throws(() => copyMemory({ when: new Date(0) }), /Date, which is not plain data/);
});

test.run();
