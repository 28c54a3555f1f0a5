// A shared value as applications see it: who may write it, who chooses that, and what others' writes come to.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { defineApp, type State } from "../../../core/app/define-app.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import { shared } from "../../../core/app/fields/shared.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import { toHex } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { parentsMax } from "../../../core/limits.ts";
import type { ActionOf } from "../../../core/state/action.ts";
import { operations, put, Scribe, trustingCodec, unsigned } from "../authors.ts";
import { LoneNode, observed, only } from "../lone-node.ts";

const fields = { notice: shared<Json>(), boards: map(shared<Json>()), title: register<Json>() };
type Run = (state: State<typeof fields>) => unknown;

const [ann, bob, eve] = ["ann", "bob", "eve"].map(unsigned) as [Person, Person, Person];
type Person = ReturnType<typeof unsigned>;
const keyOf = ({ author }: Person) => toHex(author);
const read: Run = ({ notice }) => notice.get() ?? null;

/** A node of one person in the context that ann made. */
class Member {
  readonly node: LoneNode;
  readonly #scribe: Scribe;
  #run: Run = () => null;

  constructor(scribe: Scribe, person: Person) {
    const application = defineApp({
      name: "kv-store",
      state: fields,
      methods: { change: (state) => (this.#run(state) ?? null) as Json },
      // Also what only methods may do: that is refused when it is tried.
      views: { look: (state) => (this.#run(state as never) ?? null) as Json },
    });
    const options = { identity: person, codec: trustingCodec, applications: [application] };
    this.node = new LoneNode(person.peer, options);
    this.#scribe = scribe;
    const { contextId, genesis } = scribe;
    this.node.call({ kind: "join-context", contextId, genesis: genesis.sealed });
  }

  /** The output, or why it was refused. */
  call(run: Run, method = "change"): Json {
    this.#run = run;
    const outcome = this.node.execute(this.#scribe.contextId, method);
    return outcome.kind === "executed" ? outcome.output : (outcome as { message: string }).message;
  }

  /** Hears of deltas; how many writes in them were void. */
  hear(...deltas: readonly { readonly sealed: Uint8Array }[]): number {
    const effects = deltas.flatMap(({ sealed }) => this.node.gossip("peer", this.#scribe.contextId, sealed));
    assert.equal(only(effects, "fault"), []);
    return observed(effects, "write-void");
  }

  get root() {
    return this.node.replica(this.#scribe.contextId).stateRoot();
  }
}

function act(change: ActionOf<"shared">["change"]): ActionOf<"shared"> {
  return { type: "shared", collection: "notice", key: "", change };
}

const set = (value: Json) => act({ kind: "put", value });
const rotate = (...writers: readonly Person[]) =>
  act({ kind: "rotate", writers: writers.map(({ author }) => author).sort() });

/** A delta by somebody, by right or not. */
function by(
  person: Person,
  on: readonly CausalDelta[],
  { ms, actions }: { ms: number; actions: readonly ActionOf<"shared">[] },
): CausalDelta {
  return scribe.write(on, { by: person, hlc: { ms, counter: 0 }, content: operations(...actions) });
}

const scribe = new Scribe(ann, { codec: trustingCodec });
const { genesis } = scribe;

test("until a rotation the maker of the context writes, and nobody else", () => {
  const [maker, other] = [new Member(scribe, ann), new Member(scribe, bob)];
  const look: Run = ({ notice }) => [notice.mayWrite, [...notice.writers]];
  assert.equal(maker.call(look, "look"), [true, [keyOf(ann)]]);
  assert.equal(other.call(look, "look"), [false, [keyOf(ann)]]);
  assert.is(
    maker.call(({ notice }) => notice.set("hello")),
    null,
  );
  assert.is(maker.call(read, "look"), "hello");
  const refusal = `only its writers may write it: ${keyOf(ann)}`;
  const attempts: readonly Run[] = [
    ({ notice }) => notice.set("mine"),
    ({ notice }) => notice.delete(),
    ({ notice }) => notice.rotate([keyOf(bob)]),
  ];
  for (const attempt of attempts) assert.is(other.call(attempt), refusal);
  assert.equal(other.node.replica(scribe.contextId).heads(), [genesis.id]);
});

test("a call that rotates still writes as before, and from the next one on the new writers do", () => {
  const maker = new Member(scribe, ann);
  const during = maker.call(({ notice }) => {
    notice.rotate([keyOf(eve)]);
    notice.rotate([keyOf(eve), keyOf(bob), keyOf(eve)]);
    notice.set("handed over");
    return [notice.mayWrite, notice.writers.length, notice.get() ?? null];
  });
  assert.equal(during, [true, 2, "handed over"]);
  assert.is(maker.call(read, "look"), "handed over");
  const both = [keyOf(bob), keyOf(eve)].sort();
  assert.is(
    maker.call(({ notice }) => notice.set("again")),
    `only its writers may write it: ${both.join(", ")}`,
  );
});

test("a removed writer's earlier and concurrent writes stay, and later ones are void", () => {
  const shares = by(ann, [genesis], { ms: 2_000, actions: [rotate(ann, bob)] });
  const early = by(bob, [shares], { ms: 3_000, actions: [set("early")] });
  const removes = by(ann, [early], { ms: 4_000, actions: [rotate(ann)] });
  const concurrent = by(bob, [early], { ms: 5_000, actions: [set("concurrent")] });
  const late = by(bob, [removes, concurrent], { ms: 6_000, actions: [set("late")] });
  const all = [shares, early, removes, concurrent, late];
  const member = new Member(scribe, eve);
  assert.equal(
    all.map((delta) => [member.hear(delta), member.call(read, "look")]),
    [
      [0, null],
      [0, "early"],
      [0, "early"],
      [0, "concurrent"],
      [1, "concurrent"],
    ],
  );
  const backwards = new Member(scribe, eve);
  assert.is(backwards.hear(...all.toReversed()), 1);
  assert.is(backwards.call(read, "look"), "concurrent");
  assert.is(backwards.root, member.root);
});

test("what a stranger writes is void everywhere and moves no root, but what else its delta says counts", () => {
  const member = new Member(scribe, bob);
  const before = member.root;
  const takes = by(eve, [genesis], { ms: 9_000, actions: [rotate(eve), set("mine")] });
  const builds = by(eve, [takes], { ms: 9_001, actions: [set("still mine")] });
  assert.is(member.hear(takes, builds), 2);
  assert.is(member.root, before);
  assert.equal(
    member.call(({ notice }) => [notice.get() ?? null, [...notice.writers]], "look"),
    [null, [keyOf(ann)]],
  );
  const content = operations(set("mine"), { ...put("", "titled"), collection: "title" });
  assert.is(member.hear(scribe.write([builds], { by: eve, hlc: { ms: 9_002, counter: 0 }, content })), 1);
  assert.equal(
    member.call(({ notice, title }) => [notice.get() ?? null, title.get() ?? null], "look"),
    [null, "titled"],
  );
});

test("of two who removed each other at once the later stays, on every replica", () => {
  const shares = by(ann, [genesis], { ms: 2_000, actions: [rotate(ann, bob)] });
  const one = by(ann, [shares], { ms: 4_000, actions: [rotate(ann)] });
  const other = by(bob, [shares], { ms: 5_000, actions: [rotate(bob)] });
  for (const order of [
    [one, other],
    [other, one],
  ]) {
    const member = new Member(scribe, eve);
    assert.is(member.hear(shares, ...order), 0);
    assert.equal(
      member.call(({ notice }) => [...notice.writers], "look"),
      [keyOf(bob)],
    );
  }
});

test("a deletion, of the value or of the key it is under, does not change who may write", () => {
  const maker = new Member(scribe, ann);
  maker.call(({ boards }) => {
    boards.at("b").set("here");
    boards.at("b").rotate([keyOf(ann), keyOf(bob)]);
  });
  const look: Run = ({ boards }) => [
    boards.has("b"),
    boards.at("b").get() ?? null,
    boards.at("b").writers.length,
  ];
  assert.equal(maker.call(look, "look"), [true, "here", 2]);
  maker.call(({ boards }) => boards.at("b").delete());
  assert.equal(maker.call(look, "look"), [true, null, 2]);
  maker.call(({ boards }) => boards.at("b").set("again"));
  maker.call(({ boards }) => boards.delete("b"));
  assert.equal(maker.call(look, "look"), [false, null, 2]);
  maker.call(({ boards }) => boards.at("b").set("once more"));
  assert.equal(maker.call(look, "look"), [true, "once more", 2]);
});

test("a rotation names public keys, one at least and 64 at most", () => {
  const maker = new Member(scribe, ann);
  const keys = (count: number) => Array.from({ length: count }, (_, index) => keyOf(unsigned(`${index}`)));
  const attempt = (writers: readonly string[]) => maker.call(({ notice }) => notice.rotate(writers));
  assert.is(attempt([]), "0 writers, 1 to 64 are allowed");
  assert.is(attempt(keys(65)), "65 writers, 1 to 64 are allowed");
  assert.is(attempt(["ann"]), '"ann" is not a public key of 32 bytes in hexadecimal');
  const short = keyOf(bob).slice(2);
  assert.is(attempt([short]), `"${short}" is not a public key of 32 bytes in hexadecimal`);
  assert.is(attempt(keys(64).map((key) => key.toUpperCase())), null);
});

test("of more heads than a delta may have parents, those it is made on decide who may write", () => {
  const [maker, other] = [new Member(scribe, ann), new Member(scribe, bob)];
  // The rotation has the earliest stamp, and so is no parent of what is written next.
  const hands = by(ann, [genesis], { ms: 2_000, actions: [rotate(bob)] });
  const heads = Array.from({ length: parentsMax }, (_, index) => {
    const content = operations({ ...put("", index), collection: "title" });
    return scribe.write([genesis], { by: eve, hlc: { ms: 3_000 + index, counter: 0 }, content });
  });
  for (const member of [maker, other]) member.hear(hands, ...heads);
  assert.equal(
    maker.call(({ notice }) => [notice.mayWrite, [...notice.writers]], "look"),
    [true, [keyOf(ann)]],
  );
  assert.is(
    other.call(({ notice }) => notice.set("bob")),
    `only its writers may write it: ${keyOf(ann)}`,
  );
  assert.is(
    maker.call(({ notice }) => notice.set("ann")),
    null,
  );
  assert.is(maker.call(read, "look"), "ann");
});

test.run();
