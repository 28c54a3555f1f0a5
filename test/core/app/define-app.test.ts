// An application as its author writes it: handles that read like the language's own, over one call and over many.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { type CallContext, defineApp, type State } from "../../../core/app/define-app.ts";
import { counter } from "../../../core/app/fields/counter.ts";
import { frozen } from "../../../core/app/fields/frozen.ts";
import { map } from "../../../core/app/fields/map.ts";
import { owned } from "../../../core/app/fields/owned.ts";
import { register } from "../../../core/app/fields/register.ts";
import { list, text } from "../../../core/app/fields/sequence.ts";
import { set } from "../../../core/app/fields/set.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { Json } from "../../../core/json.ts";
import { reservedMark } from "../../../core/state/path.ts";
import { LoneNode } from "../lone-node.ts";

const fields = {
  title: register<string>(),
  total: counter(),
  tags: set<Json>(),
  order: list<Json>(),
  note: text(),
  profile: owned<string>(),
  files: frozen<Json>(),
  boards: map(map(list<number>())),
  tallies: map(counter()),
};

type Run = (state: State<typeof fields>, call: CallContext) => unknown;

/** Runs what it is told on one node, call after call. */
class Caller {
  readonly node: LoneNode;
  readonly contextId: ReturnType<LoneNode["create"]>;
  #run: Run = () => null;

  constructor() {
    const run = (state: State<typeof fields>, call: CallContext) => (this.#run(state, call) ?? null) as Json;
    const application = defineApp({
      name: "kv-store",
      state: fields,
      methods: { change: (state, _args, call) => run(state, call) },
      views: { look: (state, _args, call) => run(state as State<typeof fields>, call as CallContext) },
    });
    this.node = new LoneNode("ann", { applications: [application] });
    this.contextId = this.node.create();
  }

  outcome(run: Run, method = "change"): Outcome {
    this.#run = run;
    return this.node.execute(this.contextId, method);
  }

  call(run: Run): Json {
    const outcome = this.outcome(run);
    if (outcome.kind !== "executed") throw new Error(JSON.stringify(outcome));
    return outcome.output;
  }
}

test("every field reads what was written, in the call and after it", () => {
  const caller = new Caller();
  const look: Run = (state) => [
    state.title.get() ?? null,
    state.total.value,
    [...state.tags].length,
    [...state.order],
    state.note.toString(),
    state.profile.get() ?? null,
    state.files.entries().length,
    state.boards.entries().map(([key, board]) => [key, board.keys()]),
  ];
  const written = caller.call((state, call) => {
    state.title.set("t");
    state.total.increment(5);
    state.total.decrement();
    state.tags.add({ a: 1 });
    state.tags.add("b");
    state.tags.delete("b");
    state.order.push(1, "two");
    state.order.insert(1, [3]);
    state.order.delete(0);
    state.note.append("hello");
    state.note.insert(0, "> ");
    state.note.delete(6);
    state.profile.set("Ann");
    state.files.add("file");
    state.boards.at("a/b%").at("inner").push(1, 2);
    return look(state, call);
  });
  assert.equal(written, ["t", 4, 1, [[3], "two"], "> hell", "Ann", 1, [["a/b%", ["inner"]]]]);
  assert.equal(caller.call(look), written);
});

test("what a call deletes and writes anew is there after it, and only that", () => {
  const caller = new Caller();
  caller.call(({ boards, tallies, total }) => {
    boards.at("x").at("old").push(1);
    tallies.at("n").increment(7);
    total.increment(7);
  });
  const look: Run = ({ boards, tallies, total }) => [
    boards.entries().map(([key, board]) => [key, board.entries().map(([name, items]) => [name, [...items]])]),
    tallies.entries().map(([key, { value }]) => [key, value]),
    total.value,
  ];
  const written = caller.call((state, call) => {
    const { boards, tallies, total } = state;
    boards.delete("x");
    assert.is(boards.get("x"), undefined);
    boards.at("x").at("new").push(2);
    tallies.delete("n");
    tallies.at("n").increment(2);
    total.reset();
    total.increment();
    total.increment();
    return look(state, call);
  });
  assert.equal(written, [[["x", [["new", [2]]]]], [["n", 2]], 2]);
  assert.equal(caller.call(look), written);
});

test("what a call nested, deleted above and nested again under the same keys is there", () => {
  const caller = new Caller();
  const look: Run = ({ boards }) => boards.entries().map(([key, board]) => [key, board.keys()]);
  const written = caller.call((state, call) => {
    state.boards.at("x").at("y").push(1);
    state.boards.delete("x");
    state.boards.at("x").at("y").push(2);
    return look(state, call);
  });
  assert.equal(written, [["x", ["y"]]]);
  assert.equal(caller.call(look), written);
});

test("what is added to a set and removed in one call leaves nothing behind", () => {
  const caller = new Caller();
  const { storedCount } = caller.node.replica(caller.contextId).state;
  caller.call(({ tags }) => {
    tags.add(1);
    assert.ok(tags.delete(1));
    assert.not(tags.delete(1));
  });
  assert.is(caller.node.replica(caller.contextId).state.storedCount, storedCount);
});

test("adding to a set what is there, again and again, takes no more room", () => {
  const caller = new Caller();
  const size = () => {
    const { state } = caller.node.replica(caller.contextId);
    return Array.from(state.entitiesIn("tags")).reduce((sum, { bytes }) => sum + bytes.length, 0);
  };
  const times = (count: number, run: Run) => {
    for (let time = 0; time < count; time += 1) caller.call(run);
  };
  caller.call(({ tags }) => tags.add(1));
  caller.call(({ tags }) => tags.delete(1));
  caller.call(({ tags }) => tags.add(1));
  const first = size();
  times(20, ({ tags }) => tags.add(1));
  times(20, ({ tags }) => {
    tags.delete(1);
    tags.add(1);
  });
  assert.ok(size() < first + 16, "a clock further on takes some bytes more, and nothing else does");
  assert.equal(
    caller.call(({ tags }) => [...tags]),
    [1],
  );
});

test("a set forgets what was there before when a call adds it again and removes it", () => {
  const caller = new Caller();
  caller.call(({ tags }) => tags.add(1));
  const inCall = caller.call(({ tags }) => {
    tags.add(1);
    return [tags.delete(1), tags.has(1)];
  });
  assert.equal(inCall, [true, false]);
  assert.is(
    caller.call(({ tags }) => tags.has(1)),
    false,
  );
});

test("deleting what is nested writes one tombstone, and all beneath is gone", () => {
  const caller = new Caller();
  caller.call(({ boards }) => {
    for (const key of ["a", "b", "c"]) boards.at("x").at(key).push(1, 2, 3);
  });
  const { state } = caller.node.replica(caller.contextId);
  const stored = state.storedCount;
  caller.call(({ boards }) => boards.delete("x"));
  assert.is(state.storedCount, stored);
  assert.is(state.liveCount, 0);
  assert.equal(
    caller.call(({ boards }) => [boards.size, boards.at("x").size, boards.at("x").at("a").length]),
    [0, 0, 0],
  );
});

test("time and chance come from the call, and differ from call to call", () => {
  const caller = new Caller();
  const draw: Run = ({ title }, { random, timeMs, author }) => {
    title.set("x");
    return [random(), random(), timeMs, author];
  };
  const [first, second] = [caller.call(draw), caller.call(draw)] as [Json[], Json[]];
  assert.is.not(first[0], first[1]);
  assert.is.not(first[0], second[0]);
  assert.match(first[3] as string, /^[0-9a-f]{64}$/);
  const again = new Caller();
  assert.equal(again.call(draw), first);
});

test("a view reads all and writes nothing", () => {
  const caller = new Caller();
  caller.call(({ note }) => note.append("n"));
  const read = caller.outcome(({ note }) => note.toString(), "look");
  assert.is(read.kind === "executed" && read.output, "n");
  for (const write of [
    ({ note }) => note.append("x"),
    ({ tags }) => tags.add(1),
    ({ boards }) => boards.delete("x"),
  ] as Run[]) {
    const refused = caller.outcome(write, "look");
    assert.is(refused.kind === "refused" && refused.code, "call-failed");
  }
  assert.is(
    caller.call(({ note }) => note.toString()),
    "n",
  );
});

test("a view's types have nothing that writes, at any depth", () => {
  defineApp({
    name: "reader",
    state: fields,
    methods: {},
    views: {
      read: ({ title, boards, order, tags }) => [
        title.get() ?? null,
        boards.at("x").get("y")?.toArray() ?? [],
        boards.entries().map(([key, board]) => [key, board.size]),
        [...order, ...tags],
      ],
      write({ title, boards, total }) {
        // @ts-expect-error: a register is set by methods alone
        title.set("x");
        // @ts-expect-error: so is what is nested
        boards.at("x").at("y").push(1);
        // @ts-expect-error: and deleted
        boards.delete("x");
        // @ts-expect-error: and counted
        total.increment();
        return null;
      },
    },
  });
});

test("what cannot be stored is refused, and nothing of the call is left", () => {
  const caller = new Caller();
  const refusals: readonly (readonly [Run, RegExp])[] = [
    [({ total }) => total.increment(0.5), /0.5 is not a whole number/],
    [({ total }) => total.increment(2 ** 53), /not a whole number/],
    [({ note }) => note.insert(1, "x"), /position 1 is not within 0 to 0/],
    [({ order }) => order.delete(-1), /position/],
    [({ boards }) => boards.at("k".repeat(1_025)), /key of 1025 characters/],
    [({ tags }) => tags.add(undefined as unknown as Json), /undefined/],
    [({ order }) => order.push((() => 1) as unknown as Json), /a function cannot be stored/],
    [({ order }) => order.push([new Map()] as unknown as Json), /an object of Map cannot be stored/],
    [({ boards }) => boards.at(slashes).at(slashes), /keys of more than 4095 characters in all/],
    [({ boards }) => boards.at(slashes).delete(slashes), /keys of more than 4095 characters in all/],
    [({ total }) => total.increment(2 ** 53 - 1) ?? total.increment(), /beyond the largest whole number/],
  ];
  const slashes = "/".repeat(1_024);
  const heads = caller.node.replica(caller.contextId).heads();
  for (const [run, message] of refusals) {
    const outcome = caller.outcome((state, call) => {
      state.title.set("written before");
      run(state, call);
    });
    assert.match(outcome.kind === "refused" ? outcome.message : "", message);
  }
  caller.outcome(() => {
    throw new CallError("no");
  });
  assert.equal(caller.node.replica(caller.contextId).heads(), heads);
});

test("what a call does to a value it wrote or read changes nothing of the state", () => {
  const caller = new Caller();
  const files = (state: State<typeof fields>) => state.files.entries().map(([, value]) => value);
  const written = { list: [1] };
  caller.call(({ files, tags, order }, { emit }) => {
    for (const keep of [files.add.bind(files), tags.add.bind(tags), order.push.bind(order)]) keep(written);
    emit("kept", written);
    written.list.push(2);
    return null;
  });
  const kept = [{ list: [1] }];
  const look: Run = (state) => [files(state), [...state.tags], [...state.order]];
  assert.equal(caller.call(look), [kept, kept, kept]);
  const own = caller.outcome(({ boards, order }) => {
    order.push({ list: [1] });
    boards.delete("x");
    (order.at(-1) as { list: number[] }).list.push(2);
  });
  assert.is(own.kind === "refused" && own.code, "call-failed", "a value the call wrote itself");
  for (const read of [files, ({ tags }) => tags.values(), ({ order }) => order.toArray()] as Run[]) {
    const outcome = caller.outcome((state) => {
      const [value] = read(state, {} as CallContext) as { list: number[] }[];
      value?.list.push(3);
    });
    assert.is(outcome.kind === "refused" && outcome.code, "call-failed");
    assert.match(
      outcome.kind === "refused" ? outcome.message : "",
      /kv-store failed in "change": .*not extensible/,
    );
    assert.equal(caller.call(look), [kept, kept, kept]);
  }
});

test("the compiler knows the names of handlers, and what they may say", () => {
  const application = defineApp({
    name: "typed",
    state: { title: register<string>() },
    methods: {
      known: (_state, _args, call) => call.emit("happened", 1, "settle"),
      // @ts-expect-error: there is no handler of that name.
      unknown: (_state, _args, call) => call.emit("happened", 1, "settel"),
    },
    views: {},
    handlers: {
      settle({ title }, content, call) {
        title.set(`${content} of ${call.event.author}`);
        // @ts-expect-error: what a handler emits names no handlers.
        call.emit("settled", 1, "settle");
      },
    },
  });
  assert.equal(Object.keys(application.handlers), ["settle"]);
  const none = { name: "none", state: {}, views: {} };
  // @ts-expect-error: without handlers there is none to name.
  defineApp({ ...none, methods: { any: (_state, _args, call) => call.emit("happened", 1, "settle") } });
});

test("a handler's name must fit an event", () => {
  const handlers = { ["h".repeat(129)]: () => {} };
  const nothing = { name: "long", state: {}, methods: {}, views: {} };
  assert.throws(() => defineApp({ ...nothing, handlers }), /cannot name a handler of long/);
});

test("a name cannot be both a method's and a view's", () => {
  const both = { get: () => null };
  assert.throws(
    () => defineApp({ name: "a", state: {}, methods: both, views: both }),
    /as a method and as a view/,
  );
});

test("no field of an application lies in a collection of the node's own", () => {
  const read = () => null;
  for (const field of [`${reservedMark}blobs`, reservedMark, `a/${reservedMark}`])
    assert.throws(
      () => defineApp({ name: "x", state: { [field]: register() }, methods: {}, views: { read } }),
      /cannot name a field of x/,
    );
});

test.run();
