// An API that demands a token: nothing is answered without, by whatever way one comes.

import { once } from "node:events";
import { request } from "node:http";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { type Server, startServer } from "../../../adapters/http/server.ts";
import { idleNode } from "./idle-node.ts";

const token = "0123456789abcdef0123456789abcdef";
const bearing = { authorization: `Bearer ${token}` };
const others: readonly Readonly<Record<string, string>>[] = [
  {},
  { authorization: token },
  { authorization: "Bearer " },
  { authorization: `Bearer ${token}0` },
  { authorization: `Bearer ${token.slice(1)}` },
  { authorization: `Basic ${btoa(`:${token}`)}` },
];
const paths = ["/admin-api/health", "/admin-api/status", "/metrics", "/sse?contextIds=*", "/ws", "/nothing"];

const failures: unknown[] = [];
let server: Server;
test.before(async () => {
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    token,
    api: idleNode,
    failed: (error) => failures.push(error),
  });
});
test.after(async () => {
  await server.close();
  assert.equal(failures, []);
});

test("who does not bear the token is told that it is missing, whatever was asked", async () => {
  for (const path of paths) {
    for (const headers of others) {
      const response = await fetch(server.url + path, { headers });
      assert.is(response.status, 401, path);
      assert.is(response.headers.get("www-authenticate"), "Bearer");
      const { error } = (await response.json()) as { error: string };
      assert.match(error, "expected the header authorization: Bearer and the token");
      assert.not.match(error, token);
    }
  }
});

test("who bears it is answered, under any name that the machine has", async () => {
  const { port } = new URL(server.url);
  for (const host of ["node.example", "192.0.2.1:2528", "127.0.0.1"]) {
    const asked = request({
      port,
      host: "127.0.0.1",
      path: "/admin-api/status",
      headers: { ...bearing, host },
    });
    asked.end();
    const [response] = await once(asked, "response");
    response.resume();
    assert.is(response.statusCode, 200, host);
  }
});

test("the scheme may be written in any case, as some proxies do", async () => {
  const headers = { authorization: `bearer ${token}` };
  assert.is((await fetch(`${server.url}/admin-api/status`, { headers })).status, 200);
});

test("a page of others is refused, with the token, too", async () => {
  const headers = { ...bearing, origin: "http://evil.example" };
  const response = await fetch(`${server.url}/admin-api/status`, { headers });
  assert.is(response.status, 403);
  assert.match(await response.text(), "no requests of other web pages");
});

test("a WebSocket opens for who bears it, and for nobody else", async () => {
  const url = `${server.url.replace("http", "ws")}/ws`;
  for (const headers of others) {
    const refused = new WebSocket(url, { headers });
    const [, response] = await once(refused, "unexpected-response");
    assert.is(response.statusCode, 401);
    assert.is(response.headers["www-authenticate"], "Bearer");
    response.destroy();
  }
  const socket = new WebSocket(url, { headers: bearing });
  await once(socket, "open");
  socket.terminate();
});

test.run();
