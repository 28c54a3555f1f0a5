// The API's shapes, against a node that answers what the test wants.

import { request } from "node:http";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextView, NodeApi, ParkedView } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { type Server, startServer } from "../../../adapters/http/server.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { AuthorId, ContextId, DeltaId, Hash } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import { nobodyListens } from "./nobody-listens.ts";

const contextId = "c".repeat(32) as ContextId;
const view: ContextView = {
  id: contextId,
  application: "kv-store",
  stateRoot: "r".repeat(32) as Hash,
  heads: ["h".repeat(32) as DeltaId],
  applied: 2,
  pending: 1,
  entities: 3,
  owed: 5,
  parked: 1,
  checkpoint: { sealed: "k".repeat(32) as DeltaId, waitsFor: ["w".repeat(32) as AuthorId] },
  ownRole: "admin",
  isInvited: false,
  readiness: { state: "degraded", why: "one is parked" },
};
const parked: ParkedView = { kind: "handler", name: "h", about: "e", attempts: 16, lastError: "no" };

const calls: ClientCall[] = [];
const failures: unknown[] = [];
let outcome: Outcome = { kind: "executed", output: null, written: null };
let trouble: Error | null = null;
let state = "running";

const api: NodeApi = {
  author: "a".repeat(32) as AuthorId,
  peer: "12D3me",
  call: async (call) => {
    calls.push(call);
    if (trouble !== null) throw trouble;
    return outcome;
  },
  contexts: async () => [view],
  context: async (id) => (id === contextId ? view : null),
  members: async () => null,
  parked: async (id) => (id === contextId ? [parked] : []),
  blobs: async () => null,
  keptBlobs: async () => [],
  peers: () => [{ peer: "12D3", contexts: [contextId] }],
  status: () => ({ state: "running" }),
  state: () => state,
  ...nobodyListens,
  metrics: async () => "a_metric 1\n",
};

let server: Server;
test.before(async () => {
  server = await startServer({ host: "127.0.0.1", port: 0, api, failed: (error) => failures.push(error) });
});
test.after(() => server.close());
test.before.each(() => {
  calls.length = 0;
  outcome = { kind: "executed", output: null, written: null };
  trouble = null;
});

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly type: string; readonly data: unknown };
}

async function send(method: string, path: string, body?: string, type = "application/json") {
  const headers = body === undefined ? undefined : { "content-type": type };
  const response = await fetch(server.url + path, {
    method,
    ...(body === undefined ? {} : { body }),
    ...(headers && { headers }),
  });
  return { status: response.status, answer: (await response.json()) as Answer };
}

const rpc = (content: object) => send("POST", "/jsonrpc", JSON.stringify(content));
const executing = (params: object) => rpc({ jsonrpc: "2.0", id: 1, method: "execute", params });
const params = { contextId: toBase58(contextId), method: "set", argsJson: { key: "a" } };

test("execute answers with the output, and the id it was sent", async () => {
  outcome = { kind: "executed", output: { a: [1, null] }, written: null };
  for (const id of [1, 0, "x", null]) {
    const { status, answer } = await rpc({
      jsonrpc: "2.0",
      id,
      method: "execute",
      params: { ...params, executorPublicKey: "ignored" },
    });
    assert.is(status, 200);
    assert.equal(answer, { jsonrpc: "2.0", id, result: { output: { a: [1, null] } } });
  }
  assert.equal(calls[0], { kind: "execute", contextId, method: "set", args: { key: "a" } });
});

test("refusals have Calimero's types, with HTTP 200", async () => {
  const cases = [
    ["context-not-found", { type: "ContextNotFound", data: { context_id: toBase58(contextId) } }],
    ["uninitialized", { type: "Uninitialized" }],
    ["application-not-installed", { type: "ApplicationNotInstalled", data: { application_id: "kv-store" } }],
    ["unknown-method", { type: "FunctionCallError", data: "no" }],
    ["bad-arguments", { type: "FunctionCallError", data: "no" }],
    ["too-large", { type: "FunctionCallError", data: "no" }],
    ["call-failed", { type: "FunctionCallError", data: "no" }],
  ] as const;
  for (const [code, error] of cases) {
    outcome = { kind: "refused", code, message: "no" };
    assert.equal(await executing(params), { status: 200, answer: { jsonrpc: "2.0", id: 1, error } });
  }
});

test("what cannot be read is a ParseError, with HTTP 200 and the id where there is one", async () => {
  const parse = async (body: string, type?: string) => {
    const { status, answer } = await send("POST", "/jsonrpc", body, type);
    assert.is(status, 200);
    assert.is(answer.error?.type, "ParseError", JSON.stringify(answer));
    assert.type(answer.error?.data, "string");
    return answer.id;
  };
  assert.is(await parse("{"), null);
  assert.is(await parse(""), null);
  assert.is(await parse("[]"), null);
  assert.is(await parse('"text"'), null);
  const request_ = { jsonrpc: "2.0", id: 7, method: "execute", params };
  const broken = (change: object) => parse(JSON.stringify({ ...request_, ...change }));
  assert.is(await broken({ jsonrpc: "1.0" }), 7);
  assert.is(await broken({ method: "fly" }), 7);
  assert.is(await broken({ params: null }), 7);
  assert.is(await broken({ params: { ...params, contextId: "0OIl" } }), 7);
  assert.is(await broken({ params: { ...params, contextId: toBase58("short") } }), 7);
  assert.is(await broken({ params: { ...params, method: 1 } }), 7);
  assert.is(await broken({ params: { ...params, argsJson: [] } }), 7);
  assert.is(await broken({ id: -1 }), null);
  assert.is(await broken({ id: {} }), null);
  assert.is(await parse(`{"jsonrpc":"2.0","padding":"${"x".repeat(11 * 1_048_576)}"}`), null);
  assert.equal(calls, []);
});

test("arguments of almost 10 MiB are taken", async () => {
  const { answer } = await executing({ ...params, argsJson: { value: "x".repeat(10 * 1_048_576 - 100) } });
  assert.equal(answer.result, { output: null });
});

test("a node that cannot answer says InternalError, and the error is reported", async () => {
  trouble = new Error("stopped");
  const { status, answer } = await executing(params);
  assert.is(status, 200);
  assert.equal(answer.error, { type: "InternalError", data: {} });
  assert.is(failures.at(-1), trouble);
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
    entities: 3,
    owed: 5,
    parked: 1,
    checkpoint: { sealed: toBase58("k".repeat(32)), waitsFor: [toBase58("w".repeat(32))] },
    ownRole: "admin",
    isInvited: false,
    readiness: { state: "degraded", why: "one is parked" },
  };
  assert.equal((await send("GET", "/admin-api/contexts")).answer, { data: { contexts: [shown] } });
  assert.equal((await send("GET", `/admin-api/contexts/${shown.id}`)).answer, {
    data: { ...shown, parkedWork: [parked] },
  });
  outcome = { kind: "context", contextId };
  const memberPublicKey = toBase58(api.author);
  const created = await send(
    "POST",
    "/admin-api/contexts",
    '{"applicationId":"kv-store","groupId":"ignored"}',
  );
  assert.equal(created.answer, { data: { contextId: shown.id, memberPublicKey, groupCreated: false } });
  const joined = await send("POST", `/admin-api/contexts/${shown.id}/join`, "{}");
  assert.equal(joined.answer, { data: { contextId: shown.id, memberPublicKey } });
  assert.equal(calls, [
    { kind: "create-context", application: "kv-store", members: [], others: null },
    { kind: "join-context", contextId },
  ]);
});

test("parked work is tried again when an operator asks for it", async () => {
  outcome = { kind: "retrying", count: 3 };
  const id = toBase58(contextId);
  const { answer } = await send("POST", `/admin-api/contexts/${id}/retry`, "{}");
  assert.equal(answer, { data: { contextId: id, retrying: 3 } });
  assert.equal(calls, [{ kind: "retry-owed", contextId }]);
  outcome = { kind: "refused", code: "context-not-found", message: "no such context" };
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
  outcome = { kind: "refused", code: "application-not-installed", message: "no such application" };
  const refused = await send("POST", "/admin-api/contexts", '{"applicationId":"x"}');
  assert.equal(refused, { status: 400, answer: { error: "no such application" } });
});

/** A request as `fetch` would not send it. */
function sendRaw(
  method: string,
  path: string,
  about: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): Promise<{ readonly status: number | undefined; readonly peer: unknown; readonly answer: Answer }> {
  const { port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: "127.0.0.1", method, path, headers: { ...about.headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => {
          const peer = response.headers["reconverge-peer"];
          resolve({ status: response.statusCode, peer, answer: JSON.parse(text) });
        });
      },
    );
    asked.on("error", reject);
    asked.end(about.body);
  });
}

/** The answer's only content is one sentence in `error`. */
function assertRefused(
  { status, answer }: { readonly status: number | undefined; readonly answer: Answer },
  expected: number,
  ...parts: readonly string[]
): void {
  assert.is(status, expected, JSON.stringify(answer));
  assert.equal(Object.keys(answer), ["error"]);
  for (const part of parts) assert.ok(String(answer.error).includes(part), `${answer.error} says ${part}`);
}

const json = { "content-type": "application/json" };
const writing = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "execute", params });
/** Each path that writes, with what it takes. */
const writes = [
  ["/jsonrpc", writing],
  ["/admin-api/contexts", '{"applicationId":"kv-store"}'],
  [`/admin-api/contexts/${toBase58(contextId)}/join`, "{}"],
] as const;

test("a page that gave this machine another name is refused, on every path alike", async () => {
  for (const host of ["evil.example", "evil.example:2528", "127.0.0.1.evil.example"]) {
    assertRefused(await sendRaw("GET", "/admin-api/status", { headers: { host } }), 403, "this machine only");
    for (const [path, body] of writes)
      assertRefused(
        await sendRaw("POST", path, { headers: { ...json, host }, body }),
        403,
        "this machine only",
      );
  }
  assert.equal(calls, []);
});

test("a request that another web page made is refused, and one of the API's own page is not", async () => {
  const { port } = new URL(server.url);
  const foreign = [
    "http://evil.example",
    "null",
    `https://127.0.0.1:${port}`,
    "http://127.0.0.1:1",
    "nonsense",
  ];
  for (const origin of foreign) {
    for (const [path, body] of writes) {
      const refused = await sendRaw("POST", path, { headers: { ...json, origin }, body });
      assertRefused(refused, 403, "other web pages", origin);
    }
    assertRefused(await sendRaw("GET", "/admin-api/status", { headers: { origin } }), 403, origin);
  }
  assert.equal(calls, []);
  for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
    const { status } = await sendRaw("POST", "/jsonrpc", { headers: { ...json, origin }, body: writing });
    assert.is(status, 200);
  }
  assert.is(calls.length, 2);
});

test("what a page can send without asking first is not taken: every POST must be JSON", async () => {
  for (const [path, body] of writes) {
    assertRefused(await sendRaw("POST", path, { body }), 415, "application/json", "there is none");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]) {
      const refused = await sendRaw("POST", path, { headers: { "content-type": type }, body });
      assertRefused(refused, 415, "expected the header content-type: application/json", type);
    }
  }
  assert.equal(calls, []);
  const headers = { "content-type": "Application/JSON; charset=utf-8" };
  assert.is((await sendRaw("POST", "/jsonrpc", { headers, body: writing })).status, 200);
});

test("a body that is too large is told the bound", async () => {
  const body = `{"padding":"${"x".repeat(11 * 1_048_576)}"}`;
  const { answer } = await send("POST", "/jsonrpc", body);
  assert.match(String(answer.error?.data), "at most 10489856 bytes, which is 10 MiB");
  assertRefused(await send("POST", "/admin-api/contexts", body), 413, "at most 10489856 bytes");
});

test("whatever the path or the request, an error has our shape, and no other", async () => {
  const paths = [
    "/admin-api/contexts/%ff%00",
    "/%ff",
    "/admin-api",
    "/",
    "/admin-api/contexts/",
    "/jsonrpc/x",
  ];
  for (const path of paths)
    for (const method of ["GET", "POST", "DELETE", "PUT", "OPTIONS"]) {
      const refused = await sendRaw(method, path, { headers: json });
      assertRefused(refused, refused.status === 404 ? 404 : 400);
    }
  assertRefused(await sendRaw("GET", `/admin-api/contexts/${"1".repeat(300)}`), 414);
  assertRefused(await sendRaw("POST", "/admin-api/contexts", { headers: json, body: "{" }), 400);
  assertRefused(await sendRaw("POST", "/admin-api/contexts", { headers: json }), 400);
  for (const text of ["nonsense\r\n\r\n", "GET /admin-api/status HTTP/1.1\r\nconnection: close\r\n\r\n"]) {
    const answer = await sendBytes(text);
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    assert.match(head, /^HTTP\/1.1 40[03] /);
    assert.equal(Object.keys(JSON.parse(body)), ["error"]);
  }
});

/** What the server says to these bytes until it closes. */
async function sendBytes(text: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.end(text);
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test("every answer says which node it is of", async () => {
  assert.is((await sendRaw("GET", "/admin-api/health")).peer, "12D3me");
  assert.is((await sendRaw("GET", "/nowhere")).peer, "12D3me");
  assert.is((await sendRaw("POST", "/jsonrpc", { headers: json, body: "{" })).peer, "12D3me");
});

test("a text that is no context id is told alike on both APIs", async () => {
  const message = '"abc" is no context id: expected 32 bytes in base58';
  assert.equal((await executing({ ...params, contextId: "abc" })).answer.error, {
    type: "ParseError",
    data: message,
  });
  assertRefused(await send("POST", "/admin-api/contexts/abc/join", "{}"), 400, message);
});

test("a taken port is told", async () => {
  const port = Number(new URL(server.url).port);
  const error = await startServer({ host: "127.0.0.1", port, api, failed: () => {} }).then(
    () => null,
    (thrown) => thrown,
  );
  assert.is(error.code, "address-taken");
  assert.match(error.message, String(port));
});

test.run();
