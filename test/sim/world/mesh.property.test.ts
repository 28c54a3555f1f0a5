// The gossip mesh: without loss everyone hears everything once, and with loss what is offered is asked for.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Topic } from "../../../core/ids.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { holds } from "../../laws.ts";
import { BareWorld } from "./bare-world.ts";

const topic = "topic" as Topic;
const gossip = { d: 4, dLow: 3, dHigh: 6, dLazy: 3, heartbeatMs: 1_000 };

/** All nodes started, connected and subscribed, and some heartbeats old. */
function meshed(scenario: Omit<Scenario, "name">, seed = 1): BareWorld {
  const world = new BareWorld({ ...scenario, network: { gossip, ...scenario.network } }, seed);
  world.plan.nodes.forEach((_, node) => {
    world.mesh.start(node);
  });
  world.connectAll();
  world.plan.nodes.forEach((_, node) => {
    world.mesh.subscribe(node, topic);
  });
  world.pass(20_000);
  return world;
}

function message(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 255, 1, 2, 3);
}

/** How often each node heard each of so many messages. */
function hearings(world: BareWorld, node: number, messages: number): readonly number[] {
  const heard = world
    .reached(node, "gossip")
    .map((input) => (input.message[0] ?? 0) * 256 + (input.message[1] ?? 0));
  return Array.from({ length: messages }, (_, number) => heard.filter((each) => each === number).length);
}

test("without loss every subscriber hears every message once, but for the one who published it", () => {
  const worlds = fc.record({
    seed: fc.nat(0xffff_ffff),
    nodes: fc.integer({ min: 2, max: 24 }),
    // Not a star: its hub has more neighbours than a mesh may have, and some hear only what they are offered.
    kind: fc.constantFrom("full" as const, "ring" as const, "line" as const),
    reorder: fc.constantFrom(0, 0.5),
    duplicate: fc.constantFrom(0, 0.5),
  });
  holds(
    fc.property(
      worlds,
      fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
      ({ seed, nodes, kind, reorder, duplicate }, publishers) => {
        const latency = { kind: "lognormal", medianMs: 20, p99Ms: 100 } as const;
        const world = meshed({ nodes, network: { topology: { kind }, latency, reorder, duplicate } }, seed);
        publishers.forEach((draw, number) => {
          world.mesh.publish(draw % nodes, { topic, bytes: message(number) });
          world.pass(50);
        });
        world.pass(10_000);
        for (let node = 0; node < nodes; node += 1) {
          const expected = publishers.map((draw) => Number(draw % nodes !== node));
          assert.equal(hearings(world, node, publishers.length), expected, `n${node}`);
        }
      },
    ),
    { share: 0.15 },
  );
});

test("meshes keep their size, go both ways, and hold only neighbours that subscribe", () => {
  for (const seed of [1, 2, 3]) {
    const world = meshed({ nodes: 40, network: { topology: { kind: "random-regular", degree: 10 } } }, seed);
    world.mesh.unsubscribe(0, topic);
    world.pass(5_000);
    assert.is(world.mesh.meshOf(0, topic).size, 0);
    for (let node = 1; node < 40; node += 1) {
      const mesh = world.mesh.meshOf(node, topic);
      assert.ok(mesh.size >= gossip.dLow - 1 && mesh.size <= gossip.dHigh, `n${node} has ${mesh.size}`);
      for (const other of mesh) {
        assert.ok(world.mesh.meshOf(other, topic).has(node), "one-sided");
        assert.is.not(other, 0);
        assert.ok(world.connections.between(node, other) !== undefined);
      }
    }
  }
});

test("only what is accepted is passed on", () => {
  for (const verdict of ["accept", "ignore", "reject"] as const) {
    const world = meshed({ nodes: 3, network: { topology: { kind: "line" } } });
    world.onInput = (node, input) => {
      if (input.kind === "gossip")
        world.mesh.judged(node, Number(input.gossip), node === 1 ? verdict : "accept");
    };
    world.mesh.publish(0, { topic, bytes: message(0) });
    world.pass(10_000);
    assert.equal(hearings(world, 1, 1), [1]);
    assert.equal(hearings(world, 2, 1), [Number(verdict === "accept")], verdict);
  }
});

test("a verdict that comes late passes it on late", () => {
  const world = meshed({ nodes: 3, network: { topology: { kind: "line" } } });
  const waiting: number[] = [];
  world.onInput = (node, input) => {
    if (input.kind === "gossip" && node === 1) waiting.push(Number(input.gossip));
  };
  world.mesh.publish(0, { topic, bytes: message(0) });
  world.pass(10_000);
  assert.equal(hearings(world, 2, 1), [0]);
  for (const number of waiting) world.mesh.judged(1, number, "accept");
  world.pass(1_000);
  assert.equal(hearings(world, 2, 1), [1]);
});

test("what was lost is offered and asked for: heartbeats bring nearly all of it", () => {
  const messages = 60;
  const heardShare = (dLazy: number) => {
    const network = {
      topology: { kind: "random-regular", degree: 10 },
      loss: 0.5,
      gossip: { ...gossip, dLazy },
    } as const;
    const world = meshed({ nodes: 40, network });
    for (let number = 0; number < messages; number += 1) {
      world.mesh.publish(number % 40, { topic, bytes: message(number) });
      world.pass(200);
    }
    world.pass(10_000);
    const all = Array.from({ length: 40 }, (_, node) => hearings(world, node, messages)).flat();
    assert.ok(all.every((times) => times <= 1));
    return all.reduce((sum, times) => sum + times, 0) / (messages * 39);
  };
  const [without, withOffers] = [heardShare(0), heardShare(6)];
  assert.ok(without < 0.97, `${without} without offers: nothing is shown`);
  assert.ok(withOffers > 0.995, `${withOffers} with offers`);
});

test("publishing to nobody reaches nobody, and a publisher need not subscribe", () => {
  const world = new BareWorld({ nodes: 2, network: { gossip } });
  world.mesh.publish(0, { topic, bytes: message(0) });
  world.connectAll();
  world.mesh.subscribe(1, topic);
  world.pass(5_000);
  assert.equal(hearings(world, 1, 1), [0]);
  world.mesh.publish(0, { topic, bytes: message(0) });
  world.pass(5_000);
  assert.equal(hearings(world, 1, 1), [1]);
});

test("a cut swallows messages one way, and a broken connection leaves the mesh", () => {
  const world = meshed({ nodes: 2, network: { keepalive: "5s" } });
  world.set({ atUs: 0, untilUs: null, kind: "oneway", from: [0], to: [1] }, true);
  world.mesh.publish(0, { topic, bytes: message(0) });
  world.mesh.publish(1, { topic, bytes: message(1) });
  world.pass(1_000);
  assert.equal(hearings(world, 1, 2), [0, 0]);
  assert.equal(hearings(world, 0, 2), [0, 1]);
  world.pass(10_000);
  assert.is(world.mesh.meshOf(0, topic).size, 0);
  assert.is(world.mesh.meshOf(1, topic).size, 0);
});

test.run();
