// Sequences: what several type at one place at once stays together, and a long text needs no deep stack.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { Draft } from "../../../core/app/draft.ts";
import { Text } from "../../../core/app/fields/sequence.ts";
import { byteString, type DeltaId, type Incarnation, toHex } from "../../../core/ids.ts";
import { parseName } from "../../../core/state/action-name.ts";
import { type Entity, type EntityOf, entityOf } from "../../../core/state/entity.ts";
import { layOut } from "../../../core/state/fugue.ts";
import { liveEntity } from "../../../core/state/reader.ts";
import type { StateStore } from "../../../core/state/state-store.ts";
import { hashOf } from "../authors.ts";
import { authors } from "./operations.ts";
import { emptyState, joinInto } from "./world.ts";

const writer = {
  author: authors[0] as (typeof authors)[number],
  incarnation: "12345678" as Incarnation,
  crypto: nodeCrypto,
  writersOf: () => [],
};

function hashedName(name: string): DeltaId {
  return byteString<DeltaId>(hashOf(name));
}

function textOf(state: StateStore): string {
  return new Text("note", new Draft(state, writer)).toString();
}

/** One call that edits the text, joined into the state. Gives what its delta says. */
function edit(state: StateStore, name: string, change: (text: Text) => void): readonly Entity[] {
  const draft = new Draft(state, writer);
  change(new Text("note", draft));
  const delta = hashedName(name);
  const entities = draft.finish().flatMap((action, index) => {
    const time = { ms: state.storedCount, counter: 0 };
    const at = { at: time, hlc: time, step: index };
    return entityOf(action, { delta, index, ...writer, at }, nodeCrypto) ?? [];
  });
  joinInto(state, entities);
  return entities;
}

/** What two type at the same place, character by character, forwards or backwards. */
function typedApart(first: readonly [string, boolean], second: readonly [string, boolean], seed: string) {
  const states = [emptyState(), emptyState()] as const;
  const begin = edit(states[0], "begin", (text) => text.insert(0, "[]"));
  joinInto(states[1], begin);
  const written = [first, second].map(([word, isBackwards], who) =>
    Array.from(isBackwards ? Array.from(word).reverse() : word).flatMap((character, index) =>
      edit(states[who as 0 | 1], `${seed} ${who} ${index}`, (text) =>
        text.insert(isBackwards ? 1 : 1 + index, character),
      ),
    ),
  );
  joinInto(states[0], written[1] as readonly Entity[]);
  joinInto(states[1], written[0] as readonly Entity[]);
  assert.is(textOf(states[0]), textOf(states[1]));
  return textOf(states[0]);
}

test("what two type at the same place at once does not interleave, forwards or backwards", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed += 1)
    for (const [one, other] of [
      [false, false],
      [true, true],
      [false, true],
      [true, false],
    ] as const) {
      const found = typedApart(["hello", one], ["WORLD", other], `${seed}`);
      assert.ok(["[helloWORLD]", "[WORLDhello]"].includes(found), found);
      seen.add(found);
    }
  assert.is(seen.size, 2, "both orders occur");
});

test("an insertion into the middle of another's run stands there, and deletions stay where they are", () => {
  const state = emptyState();
  edit(state, "a", (text) => text.insert(0, "hello"));
  edit(state, "b", (text) => text.insert(2, "XY"));
  assert.is(textOf(state), "heXYllo");
  edit(state, "c", (text) => text.delete(1, 2));
  assert.is(textOf(state), "hYllo");
  edit(state, "d", (text) => {
    text.insert(1, "é𐍈");
    text.delete(3, 1);
    text.append("!");
  });
  assert.is(textOf(state), "hé𐍈llo!");
});

test("a run is gone when all of its items are marked, and not before, whatever else marks say", () => {
  const state = emptyState();
  edit(state, "a", (text) => text.insert(0, "abc"));
  const run = `${toHex(hashedName("a"))}:0`;
  const isThere = () => liveEntity(state, "run", { collection: "note", key: run }) !== undefined;
  const mark = (name: string, start: number, end: number) => {
    const change = { kind: "mark", run: parseName(run), ranges: [{ start, end }] } as const;
    const at = { at: { ms: 9, counter: 0 }, hlc: { ms: 9, counter: 0 }, step: 0 };
    const origin = { delta: hashedName(name), index: 0, ...writer, at };
    const said = entityOf({ type: "run", collection: "note", key: "", change }, origin, nodeCrypto);
    joinInto(state, [said as Entity]);
  };
  mark("beyond the end", 7, 9);
  assert.ok(isThere());
  mark("the end", 1, 9);
  assert.ok(isThere());
  assert.is(textOf(state), "a");
  mark("the rest", 0, 1);
  assert.not(isThere());
  assert.is(textOf(state), "");
});

test("a run whose parent is not there is left out, and appears with it", () => {
  const state = emptyState();
  const [first] = edit(state, "a", (text) => text.insert(0, "a"));
  const [second] = edit(state, "b", (text) => text.append("b"));
  const other = emptyState();
  joinInto(other, [second as Entity]);
  assert.is(textOf(other), "");
  joinInto(other, [first as Entity]);
  assert.is(textOf(other), "ab");
});

test("a text typed at its end by a hundred thousand insertions is laid out", () => {
  const runs = Array.from({ length: 100_000 }, (_, index) => {
    const parent = index === 0 ? null : { run: `r${index - 1}`, offset: 0 };
    const time = { ms: 1, counter: 0 };
    const insertion = { items: ["a"], parent, side: "right", at: { at: time, hlc: time, step: 0 } };
    return { key: `r${index}`, content: { type: "run", insertion, marks: [] }, deleted: null };
  });
  assert.is(layOut(runs as unknown as readonly EntityOf<"run">[], null).length, 100_000);
});

test.run();
