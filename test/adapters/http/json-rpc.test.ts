// `/jsonrpc`: methods of contexts, in Calimero's shapes.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { HttpError } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { contextId, params, testServer } from "./tested-server.ts";

const { node, send, rpc, executing } = testServer();

test("execute answers with the output, and the id it was sent", async () => {
  node.outcome = { kind: "executed", output: { a: [1, null] }, written: null };
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
  assert.equal(node.calls[0], { kind: "execute", contextId, method: "set", args: { key: "a" } });
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
    node.outcome = { kind: "refused", code, message: "no" };
    assert.equal(await executing(params), { status: 200, answer: { jsonrpc: "2.0", id: 1, error } });
  }
});

test("what cannot be read is a ParseError, with HTTP 200 and the id where there is one", async () => {
  const parse = async (body: string) => {
    const { status, answer } = await send("POST", "/jsonrpc", body);
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
  assert.equal(node.calls, []);
});

test("arguments of almost 10 MiB are taken", async () => {
  const { answer } = await executing({ ...params, argsJson: { value: "x".repeat(10 * 1_048_576 - 100) } });
  assert.equal(answer.result, { output: null });
});

test("a node that cannot answer says InternalError, and the error is reported", async () => {
  node.trouble = new Error("stopped");
  const { status, answer } = await executing(params);
  assert.is(status, 200);
  assert.equal(answer.error, { type: "InternalError", data: {} });
  assert.is(node.failures.at(-1), node.trouble);
});

test("a node that says why it cannot answer is heard, under the request's id", async () => {
  node.trouble = new HttpError(507, "the disk is full");
  const { status, answer } = await executing(params);
  assert.is(status, 200);
  assert.is(answer.id, 1);
  assert.equal(answer.error, { type: "InternalError", data: "the disk is full" });
  assert.is.not(node.failures.at(-1), node.trouble, "it is no mistake of ours");
});

test.run();
