// Calls that calls queue: made in other contexts once their cause succeeded, or never; and their bounds.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { CallError } from "../../../core/app/application.ts";
import { textArgument, wholeArgument } from "../../../core/app/arguments.ts";
import { type CallContext, defineApp } from "../../../core/app/define-app.ts";
import { list } from "../../../core/app/fields/sequence.ts";
import { callDepthMax, queuedCallsMax } from "../../../core/app/outbox.ts";
import type { ContextId } from "../../../core/ids.ts";
import { toHex } from "../../../core/ids.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { depthMax } from "../../../core/limits.ts";
import { LoneNode, observed, only } from "../lone-node.ts";
import { annAndBob, join, look, published } from "./told.ts";

let isClosed = false;

const relay = defineApp({
  name: "relay",
  state: { log: list<Json>() },
  methods: {
    /** Logs, and has another context log. */
    pass({ log }, args, call) {
      log.push(["pass", call.origin]);
      call.callContext(textArgument(args, "to"), "note", { text: textArgument(args, "text") });
    },
    note({ log }, args, call) {
      if (isClosed) throw new CallError("closed");
      log.push([args.text ?? null, call.origin]);
    },
    fail(_state, args, call) {
      call.callContext(textArgument(args, "to"), "note", { text: "never" });
      throw new CallError("not today");
    },
    /** Queues so many calls of a method at once. */
    fan(_state, args, call) {
      for (let left = wholeArgument(args, "count"); left > 0; left -= 1)
        call.callContext(textArgument(args, "to"), textArgument(args, "method"), { text: `${left}` });
    },
    /** Logs and queues itself in the same context, ever deeper. */
    dig({ log }, args, call) {
      const depth = wholeArgument(args, "depth", 0);
      log.push(depth);
      call.callContext(textArgument(args, "to"), "dig", { depth: depth + 1, to: args.to ?? null });
    },
    mutate(_state, args, call) {
      const given = { text: "as it was" };
      call.callContext(textArgument(args, "to"), "note", given);
      given.text = "changed later";
    },
    say(_state, args, call) {
      call.emit("said", args, "forward");
    },
    /** Says so in another context, by an event with a handler there. */
    callSay(_state, args, call) {
      call.emit("said", args, "forward");
    },
    /** Passes on arguments nested so deep. */
    deep(_state, args, call) {
      let text: Json = "bottom";
      for (let level = 1; level < wholeArgument(args, "levels"); level += 1) text = [text];
      call.callContext(textArgument(args, "to"), "note", { text: null, nested: text });
    },
    strange(_state, args, call) {
      call.callContext(textArgument(args, "to"), "note", { text: Number.NaN });
    },
  },
  views: {
    log: ({ log }) => log.toArray(),
    peek: (_state, args, call) => {
      (call as CallContext).callContext(textArgument(args, "to"), "note", { text: "seen" });
      return null;
    },
  },
  handlers: {
    forward(_state, content, call) {
      const { to, method } = content as { to: string; method: string };
      call.callContext(to, method, { text: "forwarded", to });
    },
  },
});

interface Two {
  readonly node: LoneNode;
  readonly here: ContextId;
  readonly there: ContextId;
  readonly to: string;
}

function twoContexts(options = {}): Two {
  isClosed = false;
  const node = new LoneNode("ann", { applications: [relay], ...options });
  const [here, there] = [node.create("relay"), node.create("relay")];
  return { node, here, there, to: toHex(there) };
}

function refusal(node: LoneNode, contextId: ContextId, [method, args]: [string, JsonObject]): string {
  const outcome = node.execute(contextId, method, args);
  return outcome.kind === "refused" ? `${outcome.code}: ${outcome.message}` : outcome.kind;
}

test("a queued call is made in a later turn, and knows which context queued it", () => {
  const { node, here, there, to } = twoContexts();
  node.execute(here, "pass", { to, text: "hello" });
  assert.equal(look(node, there, "log"), []);
  const effects = node.pass(0);
  assert.is(observed(effects, "call-made"), 1);
  assert.equal(published(effects)[0]?.content.kind, "operations");
  assert.equal(look(node, here, "log"), [["pass", null]]);
  assert.equal(look(node, there, "log"), [["hello", toHex(here)]]);
  assert.is(observed(node.pass(100_000), "call-made"), 0);
});

test("a call that writes nothing itself is answered once what it queued is kept, and writes no delta", () => {
  const { node, here, there, to } = twoContexts();
  const call = {
    kind: "execute",
    contextId: here,
    method: "fan",
    args: { to, method: "note", count: 2 },
  } as const;
  const effects = node.give({ kind: "request", request: 1, call });
  assert.equal(
    effects.map(({ kind }) => kind),
    ["commit", "reply", "wake-at"],
  );
  assert.equal(only(effects, "reply")[0]?.outcome, { kind: "executed", output: null, written: null });
  const again = new LoneNode("ann", { disk: node.disk, applications: [relay] });
  again.pass(0);
  assert.is((look(again, there, "log") as Json[]).length, 2);
});

test("a call that fails queues nothing", () => {
  const { node, here, there, to } = twoContexts();
  assert.is(refusal(node, here, ["fail", { to }]), "call-failed: not today");
  node.pass(100_000);
  assert.equal(look(node, there, "log"), []);
  assert.is(node.replica(here).owed.waitingCount, 0);
});

test("a view queues nothing", () => {
  const { node, here, to } = twoContexts();
  assert.match(refusal(node, here, ["peek", { to }]), /only reads, but wrote/);
  assert.is(node.replica(here).owed.waitingCount, 0);
});

test("one call queues eight others and no ninth", () => {
  const { node, here, there, to } = twoContexts();
  assert.is(queuedCallsMax, 8);
  assert.is(refusal(node, here, ["fan", { to, method: "note", count: 8 }]), "executed");
  assert.match(refusal(node, here, ["fan", { to, method: "note", count: 9 }]), /more than 8 calls/);
  node.pass(0);
  assert.is((look(node, there, "log") as Json[]).length, 8);
});

test("calls queue calls three deep and no deeper; a context may call itself", () => {
  const { node, here } = twoContexts({ config: { handlerAttemptsMax: 1 } });
  assert.is(callDepthMax, 3);
  node.execute(here, "dig", { to: toHex(here) });
  node.pass(100_000);
  // The call at depth 3 is refused for what it would queue, and leaves nothing.
  assert.equal(look(node, here, "log"), [0, 1, 2]);
  assert.match(node.replica(here).owed.parked(1)[0]?.lastError ?? "", /queued 4 deep, at most 3/);
});

test("a call that is refused is tried as often as a handler, then parked, and can be tried again", () => {
  const { node, here, there, to } = twoContexts({ config: { handlerAttemptsMax: 3 } });
  isClosed = true;
  node.execute(here, "pass", { to, text: "late" });
  const effects = node.pass(100_000);
  assert.is(observed(effects, "call-failed"), 3);
  assert.is(observed(effects, "call-parked"), 1);
  assert.is(node.replica(here).owed.parked(1)[0]?.lastError, "call-failed: closed");
  isClosed = false;
  node.call({ kind: "retry-owed", contextId: here });
  node.pass(0);
  assert.equal(look(node, there, "log"), [["late", toHex(here)]]);
  assert.is(node.replica(here).owed.parkedCount, 0);
});

test("a call into a context that is not here waits for it; one of a method that is nowhere is parked at once", () => {
  const { node, here, to } = twoContexts();
  const elsewhere = new LoneNode("bob", { applications: [relay], words: [7, 7, 7, 7] });
  const late = elsewhere.create("relay");
  node.execute(here, "pass", { to: toHex(late), text: "soon" });
  assert.is(observed(node.pass(0), "call-failed"), 1);
  join(node, elsewhere, late);
  assert.is(observed(node.pass(10_000), "call-made"), 1);
  assert.equal(look(node, late, "log"), [["soon", toHex(here)]]);
  node.execute(here, "fan", { to, method: "fly", count: 1 });
  assert.is(observed(node.pass(0), "call-parked"), 1);
});

test("arguments are those of the moment of queuing, and what cannot be kept is refused then", () => {
  const { node, here, there, to } = twoContexts();
  node.execute(here, "mutate", { to });
  node.pass(0);
  assert.equal(look(node, there, "log"), [["as it was", toHex(here)]]);
  assert.match(refusal(node, here, ["strange", { to }]), /bad-arguments: NaN cannot be stored/);
  assert.match(refusal(node, here, ["mutate", { to: "zz" }]), /bad-arguments: "zz" is no context/);
  const long = { to, method: "m".repeat(129), count: 1 };
  assert.match(refusal(node, here, ["fan", long]), /bad-arguments: a method's name of 129/);
  const large = { to, text: "x".repeat(1_050_000) };
  assert.match(refusal(node, here, ["pass", large]), /more than 1048576 bytes/);
});

test("arguments may be nested as deep as can be read again, and no deeper", () => {
  const { node, here, there, to } = twoContexts();
  assert.is(refusal(node, here, ["deep", { to, levels: depthMax - 1 }]), "executed");
  for (const levels of [depthMax, depthMax + 1, depthMax + 2])
    assert.match(refusal(node, here, ["deep", { to, levels }]), /^bad-arguments: .*deeper than 64/);
  assert.is(observed(node.pass(0), "call-made"), 1);
  assert.is((look(node, there, "log") as Json[]).length, 1);
});

test("a handler may queue calls; what they lead to names no handlers, so that nothing echoes", () => {
  const { ann, bob, contextId, tell } = annAndBob(relay, { config: { handlerAttemptsMax: 1 } });
  const other = ann.create("relay");
  join(bob, ann, other);
  tell("say", { to: toHex(other), method: "note" });
  bob.pass(0);
  assert.equal(look(bob, other, "log"), [["forwarded", toHex(contextId)]]);
  tell("say", { to: toHex(other), method: "callSay" });
  const effects = bob.pass(0);
  assert.is(observed(effects, "call-parked"), 1);
  assert.match(bob.replica(contextId).owed.parked(1)[0]?.lastError ?? "", /what a handler began names none/);
});

test.run();
