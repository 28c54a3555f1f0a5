// The deciding rotation, found with all that is remembered and forgotten, is the one that a slow walk finds.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { createGraphMemory } from "../../../core/dag/graph.ts";
import { type AuthorId, byteString } from "../../../core/ids.ts";
import { createEntity, type EntityOf } from "../../../core/state/entity.ts";
import type { Rotation } from "../../../core/state/types/shared.ts";
import { WriterSets } from "../../../core/state/writer-sets.ts";
import { holds } from "../../laws.ts";
import { hashOf } from "../authors.ts";
import { ancestryOf, graphOf, type History, histories, idOf } from "../dag/histories.ts";
import { bareDelta } from "../delta-store/waiting.ts";

const authors = ["ann", "bob", "eve"].map((name) => byteString<AuthorId>(hashOf(name)));
const creator = () => authors[0] as AuthorId;

interface Made {
  readonly position: number;
  readonly ms: number;
  readonly writer: AuthorId;
}

function rotationOf({ position, ms, writer }: Made): Rotation {
  const at = { at: { ms, counter: 0 }, hlc: { ms: 0, counter: 0 }, step: 0 };
  return { delta: idOf(position), index: 0, at, writers: [writer] };
}

function sharedBy(rotations: readonly Rotation[], collection = "c"): EntityOf<"shared"> {
  const sorted = [...rotations].sort((a, b) => (a.delta < b.delta ? -1 : 1));
  const content = { type: "shared", value: null, updated: null, rotations: sorted } as const;
  return createEntity({ collection, key: "", content, deleted: null }, nodeCrypto) as EntityOf<"shared">;
}

/** Who may write on some parents, by a slow walk. */
function naiveWriter(history: History, made: readonly Made[], parents: readonly number[]): AuthorId {
  const ancestors = ancestryOf(history, parents);
  const rank = ({ position, ms }: Made) => `${ms}${idOf(position)}`;
  const known = made.filter(({ position }) => ancestors.has(position));
  return known.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).at(-1)?.writer ?? creator();
}

test("with any rotations, in any order of questions, however little is remembered", () => {
  const cases = histories(40).chain((history) => {
    const positions = fc.nat(history.length - 1);
    const made = fc.record({ position: positions, ms: fc.nat(3), writer: fc.constantFrom(...authors) });
    return fc.record({
      history: fc.constant(history),
      made: fc.uniqueArray(made, { selector: ({ position }) => position, maxLength: 6 }),
      questions: fc.array(fc.array(positions, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      rememberedMax: fc.constantFrom(0, 5, 100_000),
    });
  });
  holds(
    fc.property(cases, ({ history, made, questions, rememberedMax }) => {
      // One more head, beside all else: nothing that is asked about is the whole.
      const graph = graphOf([...history, [0]]);
      const sets = new WriterSets(graph, { creator, rememberedMax });
      const [all, odd] = [made, made.filter(({ position }) => position % 2 === 1)];
      const [one, two] = [sharedBy(all.map(rotationOf)), sharedBy(odd.map(rotationOf), "d")];
      for (const parents of questions) {
        const admitted = (held: EntityOf<"shared">) =>
          authors.filter((author) => {
            const delta = bareDelta(idOf(-5), Array.from(new Set(parents.map(idOf))));
            return sets.admits({ ...delta, author } as CausalDelta, held);
          });
        assert.equal(admitted(one), [naiveWriter(history, all, parents)]);
        assert.equal(admitted(two), [naiveWriter(history, odd, parents)]);
      }
    }),
  );
});

test("on all heads the latest rotation decides, on some of many those below them", () => {
  // Three heads beside each other, with a rotation each.
  const graph = graphOf([[], [0], [0], [0]]);
  const sets = new WriterSets(graph, { creator });
  const made = authors.map((writer, index) => ({ position: index + 1, ms: index, writer }));
  const held = sharedBy(made.map(rotationOf));
  assert.equal(sets.writersOn(graph.heads(), held), [authors[2]]);
  assert.equal(sets.writersOn([idOf(1), idOf(2)], held), [authors[1]]);
  assert.equal(sets.writersOn([idOf(1)], held), [authors[0]]);
  assert.equal(sets.writersOn(graph.heads(), undefined), [creator()]);
});

test("two long branches are judged, delta after delta, at a cost that grows with them and not with their square", () => {
  const length = 3_000;
  const memory = createGraphMemory();
  // Branches of odd and even positions, which part at the rotation.
  const graph = graphOf(
    Array.from({ length }, (_, position) => (position === 0 ? [] : [Math.max(0, position - 2)])),
    memory,
  );
  assert.is(graph.headCount, 2);
  let looked = 0;
  const parents = new Proxy(memory.parents, {
    get: (target, name, receiver) => {
      looked += Number(/^\d+$/.test(String(name)));
      return Reflect.get(target, name, receiver);
    },
  });
  const sets = new WriterSets(graphOf([], { ...memory, parents }), { creator });
  const bob = authors[1] as AuthorId;
  const held = sharedBy([rotationOf({ position: 0, ms: 0, writer: bob })]);
  for (let position = 1; position < length; position += 1) {
    const delta = { ...bareDelta(idOf(position), [idOf(Math.max(0, position - 2))]), author: bob };
    assert.ok(sets.admits(delta, held));
  }
  assert.ok(looked < 20 * length, `${looked} looked at`);
});

test.run();
