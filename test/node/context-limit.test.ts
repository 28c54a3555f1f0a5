// A node takes no more contexts than gossip carries.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../core/effect.ts";
import type { ContextId } from "../../core/ids.ts";
import type { ClientCall } from "../../core/input.ts";
import { contextsMax, limitContexts } from "../../node/context-limit.ts";

const known = "k".repeat(32) as ContextId;
const other = "o".repeat(32) as ContextId;
const create: ClientCall = { kind: "create-context", application: "kv-store" };

/** So many contexts, and calls that are answered when the test says so. */
function nodeOf(size: number) {
  const answers: (() => void)[] = [];
  const perform = () =>
    new Promise<Outcome>((resolve) => {
      answers.push(() => resolve({ kind: "context", contextId: other }));
    });
  const contexts = { size, has: (contextId: ContextId) => contextId === known };
  return { call: limitContexts(perform, contexts), answers };
}

function assertRefused(outcome: Outcome): void {
  assert.is(outcome.kind, "refused");
  assert.match(JSON.stringify(outcome), `this node has ${contextsMax} contexts, and no node takes more`);
}

test("at the limit a context can neither be created nor joined, and everything else goes on", async () => {
  const { call, answers } = nodeOf(contextsMax);
  assertRefused(await call(create));
  assertRefused(await call({ kind: "join-context", contextId: other }));
  assert.is(answers.length, 0);
  void call({ kind: "join-context", contextId: known });
  void call({ kind: "execute", contextId: known, method: "len", args: {} });
  assert.is(answers.length, 2);
});

test("contexts under way count, and those that have come or failed do not count twice", async () => {
  const { call, answers } = nodeOf(contextsMax - 2);
  const underWay = [call(create), call({ kind: "join-context", contextId: other })];
  assertRefused(await call(create));
  for (const answer of answers) answer();
  await Promise.all(underWay);
  void call(create);
  assert.is(answers.length, 3);
});

test.run();
