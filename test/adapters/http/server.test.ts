// What all routes have in common: how errors look, and whose answers they are.

import { createRequire } from "node:module";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startServer } from "../../../adapters/http/server.ts";
import { assertRefused, json, params, testServer } from "./tested-server.ts";

const { api, port, send, sendRaw, sendBytes, executing } = testServer();

test("a server without schemas loads nothing that compiles them, which would be much of a node's start", () => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  assert.ok(loaded.some((path) => path.includes("/fastify/")));
  assert.equal(
    loaded.filter((path) => /ajv-compiler|json-stringify-compiler/.test(path)),
    [],
  );
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
  const error = await startServer({ host: "127.0.0.1", port: port(), api, failed: () => {} }).then(
    () => null,
    (thrown) => thrown,
  );
  assert.is(error.code, "address-taken");
  assert.match(error.message, String(port()));
});

test.run();
