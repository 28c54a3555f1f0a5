import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { randomRegularLinks } from "../../../sim/plan/random-regular.ts";
import { stream } from "../../../sim/random.ts";
import { isConnected } from "./examples.ts";

/** A number of nodes and a degree that fit each other. */
const shapes = fc
  .tuple(fc.integer({ min: 3, max: 60 }), fc.integer({ min: 2, max: 59 }))
  .map(([count, degree]) => ({ count, degree: Math.min(degree, count - 1) }))
  .filter(({ count, degree }) => (count * degree) % 2 === 0);

function linksOf(count: number, degree: number, seed: number) {
  return randomRegularLinks(count, degree, stream(seed, "test"));
}

function nodes(count: number): readonly number[] {
  return Array.from({ length: count }, (_, node) => node);
}

test("every node has the degree, no link is double or a loop, and every node reaches every other", () => {
  fc.assert(
    fc.property(shapes, fc.nat(), ({ count, degree }, seed) => {
      const links = linksOf(count, degree, seed);
      const ends = links.flat();
      for (const node of nodes(count))
        assert.is(ends.filter((end) => end === node).length, degree, `${node}`);
      assert.ok(
        links.every(([a, b]) => a !== b),
        "a loop",
      );
      const different = new Set(links.map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`));
      assert.is(different.size, (count * degree) / 2, "a double link");
      assert.ok(isConnected(nodes(count), links), "apart");
    }),
  );
});

test("what falls apart is joined: a graph of degree 2 is one circle", () => {
  // Drawn freely, it would be several circles more often than not.
  for (let seed = 0; seed < 50; seed += 1) {
    const links = linksOf(40, 2, seed);
    assert.ok(isConnected(nodes(40), links), `seed ${seed}`);
    assert.is(links.length, 40);
  }
});

test("the same seed gives the same graph, another seed another", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), (seed) => {
      assert.equal(linksOf(30, 4, seed), linksOf(30, 4, seed));
      assert.is.not(String(linksOf(30, 4, seed)), String(linksOf(30, 4, seed + 1)));
    }),
  );
});

test("each link is as likely as any other", () => {
  const counts = new Map<string, number>();
  const draws = 4_000;
  for (let seed = 0; seed < draws; seed += 1) {
    for (const [a, b] of linksOf(8, 3, seed)) {
      const name = `${Math.min(a, b)}-${Math.max(a, b)}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const expected = (draws * 3) / 7;
  assert.is(counts.size, 28);
  for (const [name, count] of counts) {
    assert.ok(Math.abs(count - expected) < expected * 0.1, `${name}: ${count}, expected about ${expected}`);
  }
});

test("nothing is left of the circle it starts from: a thousand nodes are a few steps apart", () => {
  const count = 1_000;
  const neighbours = nodes(count).map((): number[] => []);
  for (const [a, b] of linksOf(count, 8, 1)) {
    neighbours[a]?.push(b);
    neighbours[b]?.push(a);
  }
  const distance = new Map([[0, 0]]);
  for (const [node, steps] of distance) {
    for (const next of neighbours[node] ?? []) if (!distance.has(next)) distance.set(next, steps + 1);
  }
  // On the circle itself it would be 125.
  assert.ok(Math.max(...distance.values()) <= 6, String(Math.max(...distance.values())));
});

test.run();
