// Who may ask at all: this machine, its own pages, and what no page can send unasked.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { assertRefused, contextId, json, params, testServer } from "./tested-server.ts";

const { node, port, sendRaw } = testServer();

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
  assert.equal(node.calls, []);
});

test("a request that another web page made is refused, and one of the API's own page is not", async () => {
  const foreign = [
    "http://evil.example",
    "null",
    `https://127.0.0.1:${port()}`,
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
  assert.equal(node.calls, []);
  for (const origin of [`http://127.0.0.1:${port()}`, `http://localhost:${port()}`]) {
    const { status } = await sendRaw("POST", "/jsonrpc", { headers: { ...json, origin }, body: writing });
    assert.is(status, 200);
  }
  assert.is(node.calls.length, 2);
});

test("what a page can send without asking first is not taken: every POST must be JSON", async () => {
  for (const [path, body] of writes) {
    assertRefused(await sendRaw("POST", path, { body }), 415, "application/json", "there is none");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"]) {
      const refused = await sendRaw("POST", path, { headers: { "content-type": type }, body });
      assertRefused(refused, 415, "expected the header content-type: application/json", type);
    }
  }
  assert.equal(node.calls, []);
  const headers = { "content-type": "Application/JSON; charset=utf-8" };
  assert.is((await sendRaw("POST", "/jsonrpc", { headers, body: writing })).status, 200);
});

test.run();
