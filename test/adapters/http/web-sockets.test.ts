// WebSocket clients that do not behave, against a node that answers when the test wants.

import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import type { Writable } from "node:stream";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import type { NodeApi } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { type Server, startServer } from "../../../adapters/http/server.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { ContextId } from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { idleNode } from "./idle-node.ts";

const contextId = "c".repeat(32) as ContextId;
const execution = (method: string) =>
  JSON.stringify({ id: 1, method: "execute", params: { contextId: toBase58(contextId), method } });

const executed: string[] = [];
const failures: unknown[] = [];
/** What a call waits for before it is answered. */
let gate: Promise<void> = Promise.resolve();
let output: Json = null;
/** Called when the node has seen that a client is gone. */
let left = () => {};

const api: NodeApi = {
  ...idleNode,
  call: async (call): Promise<Outcome> => {
    if (call.kind === "execute") executed.push(call.method);
    await gate;
    return { kind: "executed", output, written: null };
  },
  listen: () => {
    const news = idleNode.listen(() => true);
    const seenLeft = left;
    return Object.assign(news, {
      return: async () => {
        seenLeft();
        return { done: true as const, value: undefined };
      },
    });
  },
};

let server: Server;
test.before(async () => {
  const heartbeat = { pingEveryMs: 300, pongWithinMs: 200 };
  const failed = (error: unknown) => failures.push(error);
  server = await startServer({ host: "127.0.0.1", port: 0, api, failed, heartbeat });
});
test.after(() => server.close());
test.before.each(() => {
  executed.length = 0;
  failures.length = 0;
  gate = Promise.resolve();
  output = null;
});

const opened: WebSocket[] = [];
test.after.each(() => {
  for (const socket of opened.splice(0)) socket.terminate();
});

async function open() {
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
  opened.push(socket);
  await once(socket, "open");
  const closed = new Promise<never>((_, reject) => {
    socket.once("close", (code) => reject(new Error(`the node closed with ${code}`)));
  });
  closed.catch(() => {});
  /** Rejects where the connection ends instead. */
  const hear = (event: string) => Promise.race([once(socket, event), closed]);
  const ask = async (text: string): Promise<unknown> => {
    socket.send(text);
    const [answer] = await hear("message");
    return JSON.parse(String(answer));
  };
  return { socket, ask, hear, gone };
}

/** To send what the package would not. */
function socketUnder(socket: WebSocket): Writable {
  return (socket as unknown as { readonly _socket: Writable })._socket;
}

function closedGate(): () => void {
  let openGate = () => {};
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
  return openGate;
}

test("what a client asked for is not executed once it has hung up", async () => {
  const openGate = closedGate();
  const { socket, hear, gone } = await open();
  socket.send(execution("first"));
  for (let number = 0; number < 40; number += 1) socket.send(execution("later"));
  // Pings are answered as what came before them is read.
  socket.ping();
  await hear("pong");
  socket.terminate();
  await gone;
  openGate();
  const other = await open();
  for (let number = 0; number < 5; number += 1) await other.ask(execution("another client"));
  assert.equal([...new Set(executed)], ["first", "another client"]);
  assert.equal(failures, []);
});

test("a client that asks and does not read is hung up on", async () => {
  output = "x".repeat(32_000_000);
  const { socket, gone } = await open();
  socket.pause();
  socket.send(execution("much"));
  for (let number = 0; number < 70; number += 1) socket.send(execution("more"));
  await gone;
  assert.equal(executed, ["much"]);
});

test("a client that waits for many answers is not taken for one that is gone", async () => {
  const openGate = closedGate();
  const { socket, hear } = await open();
  const count = 500;
  for (let number = 0; number < count; number += 1) socket.send(execution("slow"));
  for (let pings = 0; pings < 3; pings += 1) await hear("ping");
  let answers = 0;
  const all = new Promise<void>((resolve) => {
    socket.on("message", () => {
      answers += 1;
      if (answers === count) resolve();
    });
  });
  openGate();
  await Promise.race([all, hear("close")]);
  assert.is(answers, count);
});

test("an id that is none, or a name that is no text, is answered with a sentence however deep it is", async () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  const { ask } = await open();
  const noId = { type: "ParseError", data: "expected a text, a whole number or null in id" };
  for (const id of [deep, "{}", "true", "1.5"])
    for (const method of ["subscribe", "execute", "dance"])
      assert.equal(await ask(`{"id":${id},"method":"${method}","params":{}}`), { id: null, error: noId });
  const unknown = "unknown method that is no text, expected subscribe, unsubscribe or execute";
  assert.equal(await ask(`{"id":1,"method":${deep}}`), {
    id: 1,
    error: { type: "ParseError", data: unknown },
  });
  assert.equal(await ask(`{"id":1,"method":"subscribe","params":{"contextIds":[${deep}]}}`), {
    ...{ id: 1, error: { type: "ParseError", data: "expected texts in contextIds" } },
  });
  assert.equal(failures, []);
});

test("a message that is too large is told the bound, and one just below is taken", async () => {
  const { socket, ask } = await open();
  const padded = (length: number) => {
    const request = execution("large");
    return request.slice(0, -1) + " ".repeat(length - request.length) + request.slice(-1);
  };
  assert.equal(await ask(padded(10_489_856)), { id: 1, result: { output: null } });
  const closed = once(socket, "close");
  socket.send(padded(10_489_857));
  const [code, reason] = await closed;
  assert.is(code, 1009);
  const sentence = "a message is too large: expected at most 10489856 bytes, which is 10 MiB of arguments";
  assert.is(String(reason), sentence);
  assert.equal(executed, ["large"]);
  assert.equal(failures, []);
});

test("what is no WebSocket frame, or no text, is told what was expected", async () => {
  const cases = [
    // A masked frame of one byte that is no UTF-8, and one with a reserved bit that was never agreed on.
    [[0x81, 0x81, 0, 0, 0, 0, 0xff], 1007, "expected texts in UTF-8"],
    [[0xf1, 0x80, 0, 0, 0, 0], 1002, "expected frames of RFC 6455"],
  ] as const;
  for (const [bytes, code, reason] of cases) {
    const { socket } = await open();
    const closed = once(socket, "close");
    socketUnder(socket).write(Uint8Array.from(bytes));
    const [foundCode, foundReason] = await closed;
    assert.equal([foundCode, String(foundReason)], [code, reason]);
  }
  assert.equal(failures, []);
});

test("who would rather speak another protocol is answered in this one", async () => {
  const body = JSON.stringify({ jsonrpc: "2.0", ...JSON.parse(execution("get")) });
  const cases = [
    ["GET", "/health", "h2c", 200, /alive/],
    ["POST", "/jsonrpc", "h2c", 200, /"output":null/],
    ["GET", "/health", "websocket", 200, /alive/],
    ["GET", "/ws/astray", "websocket", 404, /there is nothing at GET \/ws\/astray/],
    ["GET", "/ws", "h2c", 426, /\/ws is a WebSocket/],
    ["GET", "/ws", null, 426, /\/ws is a WebSocket/],
  ] as const;
  for (const [method, path, upgrade, status, expected] of cases) {
    const answer = await plainly({ method, path, upgrade, body: method === "POST" ? body : "" });
    assert.is(answer.status, status, `${method} ${path} ${upgrade}`);
    assert.match(answer.text, expected);
  }
});

test("a WebSocket is one however its request is written, and nothing else is a tunnel", async () => {
  const head = "host: 127.0.0.1\r\nconnection: keep-alive, Upgrade\r\nsec-websocket-version: 13";
  const key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
  const cases = [
    [`GET /ws?from=here HTTP/1.1\r\n${head}\r\nupgrade: WebSocket\r\n${key}`, /^HTTP\/1.1 101 /],
    [`GET /ws HTTP/1.1\r\n${head}\r\nupgrade: websocket`, /^HTTP\/1.1 400 /],
    [`CONNECT 127.0.0.1:1 HTTP/1.1\r\n${head}`, /^$/],
  ] as const;
  for (const [text, expected] of cases) {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(`${text}\r\n\r\n`);
    const heard = await Promise.race([
      once(socket, "data").then(([bytes]) => String(bytes)),
      once(socket, "close").then(() => ""),
    ]);
    assert.match(heard, expected, text);
    socket.destroy();
  }
  assert.is((await plainly({ method: "GET", path: "/health", upgrade: null, body: "" })).status, 200);
});

async function plainly(about: {
  readonly method: string;
  readonly path: string;
  readonly upgrade: string | null;
  readonly body: string;
}) {
  const { method, path, upgrade, body } = about;
  const asked =
    upgrade === null ? {} : { connection: "upgrade, http2-settings", upgrade, "http2-settings": "AA" };
  const headers = { ...asked, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const sent = request(server.url + path, { method, headers }).end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const bytes of response) text += bytes;
  return { status: response.statusCode as number, text };
}

test.run();
