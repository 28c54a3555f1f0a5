// `/admin-api`: the shapes of what an operator asks for.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ParkedView } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { contextId, testServer, view } from "./tested-server.ts";

const parked: ParkedView = { kind: "handler", name: "h", about: "e", attempts: 16, lastError: "no" };

let state = "running";
const { node, api, send } = testServer({
  contexts: async () => [view],
  parked: async (id) => (id === contextId ? [parked] : []),
  peers: () => [{ peer: "12D3", contexts: [contextId] }],
  state: () => state,
});

test("contexts are made, listed, shown and joined", async () => {
  const shown = {
    id: toBase58(contextId),
    idHex: "63".repeat(32),
    applicationId: "kv-store",
    contextStateHash: toBase58(view.stateRoot),
    dagHeads: view.heads.map(toBase58),
    isInitialized: true,
    appliedDeltas: 2,
    pendingDeltas: 1,
    strandedDeltas: 4,
    entities: 3,
    owed: 5,
    parked: 1,
    checkpoint: { sealed: toBase58("k".repeat(32)), waitsFor: [toBase58("w".repeat(32))] },
    tombstoneRetentionMs: 86_400_000,
    ownRole: "admin",
    isInvited: false,
    readiness: { state: "degraded", why: "one is parked" },
  };
  assert.equal((await send("GET", "/admin-api/contexts")).answer, { data: { contexts: [shown] } });
  assert.equal((await send("GET", `/admin-api/contexts/${shown.id}`)).answer, {
    data: { ...shown, parkedWork: [parked] },
  });
  node.outcome = { kind: "context", contextId };
  const memberPublicKey = toBase58(api.author);
  const created = await send(
    "POST",
    "/admin-api/contexts",
    '{"applicationId":"kv-store","groupId":"ignored"}',
  );
  assert.equal(created.answer, { data: { contextId: shown.id, memberPublicKey, groupCreated: false } });
  const joined = await send("POST", `/admin-api/contexts/${shown.id}/join`, "{}");
  assert.equal(joined.answer, { data: { contextId: shown.id, memberPublicKey } });
  assert.equal(node.calls, [
    { kind: "create-context", application: "kv-store", members: [], others: null },
    { kind: "join-context", contextId },
  ]);
});

test("parked work is tried again when an operator asks for it", async () => {
  node.outcome = { kind: "retrying", count: 3 };
  const id = toBase58(contextId);
  const { answer } = await send("POST", `/admin-api/contexts/${id}/retry`, "{}");
  assert.equal(answer, { data: { contextId: id, retrying: 3 } });
  assert.equal(node.calls, [{ kind: "retry-owed", contextId }]);
  node.outcome = { kind: "refused", code: "context-not-found", message: "no such context" };
  const unknown = await send("POST", `/admin-api/contexts/${id}/retry`, "{}");
  assert.equal(unknown, { status: 404, answer: { error: "no such context" } });
});

test("health, readiness, peers and status have their shapes", async () => {
  assert.equal((await send("GET", "/admin-api/health")).answer, {
    data: { status: "alive", state: "running" },
  });
  const contexts = [{ id: toBase58(contextId), state: "degraded", why: "one is parked" }];
  for (const path of ["/ready", "/admin-api/ready"])
    assert.equal((await send("GET", path)).answer, { data: { status: "ready", contexts } });
  state = "stopping";
  assert.is((await send("GET", "/admin-api/ready")).status, 503);
  state = "running";
  const { answer } = await send("GET", "/admin-api/peers");
  assert.equal(answer, { count: 1, peers: [{ peer: "12D3", contexts: [toBase58(contextId)] }] });
  assert.equal((await send("GET", "/admin-api/status")).answer, { data: { state: "running" } });
});

test("what is refused or not there says so in one way", async () => {
  const unknown = await send("GET", `/admin-api/contexts/${toBase58("d".repeat(32))}`);
  assert.is(unknown.status, 404);
  assert.match(String(unknown.answer.error), "no context");
  assert.is((await send("GET", "/admin-api/contexts/nonsense0")).status, 400);
  assert.is((await send("POST", "/admin-api/contexts", "{}")).status, 400);
  assert.is((await send("GET", "/nowhere")).status, 404);
  node.outcome = { kind: "refused", code: "application-not-installed", message: "no such application" };
  const refused = await send("POST", "/admin-api/contexts", '{"applicationId":"x"}');
  assert.equal(refused, { status: 400, answer: { error: "no such application" } });
});

test.run();
