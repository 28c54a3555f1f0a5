// Who listens to a real node over WebSockets and event streams, with real clients on loopback.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { WebSocket } from "ws";
import { defineApp, register, textArgument } from "../../../core/app/index.ts";
import {
  createContext,
  execute,
  set,
  startTestNode,
  stateRoot,
  type TestNode,
} from "../../node/test-node.ts";

/** Calls out what it is given. */
const crier = defineApp({
  name: "crier",
  state: { last: register<string>() },
  methods: {
    cry({ last }, args, { emit }) {
      last.set(textArgument(args, "text").slice(0, 10));
      emit("cried", { text: textArgument(args, "text") });
    },
  },
  views: { last: ({ last }) => last.get() ?? null },
});

interface Message {
  readonly id?: unknown;
  readonly type?: string;
  readonly session_id?: string;
  readonly reconnect?: boolean;
  readonly reason?: string;
  readonly error?: { readonly type: string; readonly data: string };
  readonly result?: {
    readonly contextId?: string;
    readonly contextIds?: readonly string[];
    readonly type?: string;
    readonly output?: unknown;
    readonly data?: {
      readonly newRoot?: string;
      readonly events?: readonly { readonly kind: string; readonly data: readonly number[] }[] | null;
      readonly syncState?: { readonly state: string };
    };
  };
}

/** What came and was not read yet; `next` waits for more. */
class Inbox {
  readonly #messages: Message[] = [];
  #wake = () => {};

  take(text: string): void {
    this.#messages.push(JSON.parse(text));
    this.#wake();
  }

  /** The next message of which this is true; those before it are dropped. */
  async next(isWanted: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift();
      if (message === undefined)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      else if (isWanted(message)) return message;
    }
  }
}

const isMutation = ({ result }: Message) => result?.type === "StateMutation";
const socketUrl = ({ node }: TestNode) => `${node.apiUrl.replace("http", "ws")}/ws`;

async function openSocket(of: TestNode) {
  const socket = new WebSocket(socketUrl(of));
  const inbox = new Inbox();
  socket.on("message", (data) => inbox.take(String(data)));
  await once(socket, "open");
  const ask = async (request: object): Promise<Message> => {
    socket.send(JSON.stringify(request));
    return await inbox.next(({ id, error }) => id !== null || error !== undefined);
  };
  return { socket, inbox, ask };
}

/** Reads an event stream to its end. */
async function openStream(url: string, headers: Readonly<Record<string, string>> = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const inbox = new Inbox();
  const ended = (async () => {
    let text = "";
    for await (const bytes of response.body ?? []) {
      const frames = (text + Buffer.from(bytes).toString()).split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames)
        for (const line of frame.split("\n")) if (line.startsWith("data: ")) inbox.take(line.slice(6));
    }
  })().catch(() => {});
  return { response, inbox, ended, close: () => abort.abort() };
}

let node: TestNode;
let contextId: string;
test.before(async () => {
  node = await startTestNode({}, { applications: [crier] });
  contextId = await createContext(node.node.apiUrl);
});
test.after(() => node.node.stop());

test("a WebSocket hears of the contexts it subscribed to, with the new root, and of no others", async () => {
  const { node: running } = node;
  const other = await createContext(running.apiUrl);
  const { socket, inbox, ask } = await openSocket(node);
  assert.equal(await ask({ id: 1, method: "subscribe", params: { contextIds: [contextId] } }), {
    id: 1,
    result: { contextIds: [contextId] },
  });
  await set(running.apiUrl, other, ["unheard", 1]);
  await set(running.apiUrl, contextId, ["heard", 1]);
  const told = await inbox.next(isMutation);
  assert.is(told.id, null);
  assert.is(told.result?.contextId, contextId);
  assert.is(told.result?.data?.newRoot, await stateRoot(running.apiUrl, contextId));
  await ask({ id: 2, method: "unsubscribe", params: { contextIds: [contextId] } });
  await ask({ id: 3, method: "subscribe", params: { contextIds: [other] } });
  await set(running.apiUrl, contextId, ["unheard", 2]);
  await set(running.apiUrl, other, ["heard", 2]);
  assert.is((await inbox.next(isMutation)).result?.contextId, other);
  socket.close();
});

test("events of an application come with what they say, as the bytes of its JSON", async () => {
  const { apiUrl } = node.node;
  const square = await createContext(apiUrl, "crier");
  const { inbox, ask, socket } = await openSocket(node);
  await ask({ id: 1, method: "subscribe", params: { contextIds: [square] } });
  await execute(apiUrl, square, ["cry", { text: "fish" }]);
  const [event] = (await inbox.next(isMutation)).result?.data?.events ?? [];
  assert.is(event?.kind, "cried");
  assert.equal(JSON.parse(Buffer.from(event?.data ?? []).toString()), { text: "fish" });
  socket.close();
});

test("a WebSocket calls methods, and is told in a sentence what it got wrong", async () => {
  const { socket, ask } = await openSocket(node);
  const call = (method: string) => ({ contextId, method, argsJson: { key: "called", value: 7 } });
  assert.equal(await ask({ id: 1, method: "execute", params: call("set") }), {
    id: 1,
    result: { output: null },
  });
  assert.is((await ask({ id: 2, method: "execute", params: call("get") })).result?.output, 7);
  const mistakes: readonly (readonly [object | string, RegExp])[] = [
    [{ id: 3, method: "dance" }, /unknown method "dance", expected subscribe/],
    [{ id: 4, method: "subscribe", params: { contextIds: ["nonsense"] } }, /nonsense/],
    [{ id: 5, method: "subscribe", params: { contextIds: 7 } }, /expected params like/],
    [{ id: 6, method: "execute", params: {} }, /params\.contextId/],
    [[], /expected a text like/],
  ];
  for (const [request, sentence] of mistakes) {
    const { error } = await ask(request as object);
    assert.match(error?.data ?? "", sentence);
  }
  socket.close();
});

test("an event stream names its session, takes subscriptions, and is resumed with them", async () => {
  const { apiUrl } = node.node;
  const first = await openStream(`${apiUrl}/sse`);
  const connected = await first.inbox.next();
  assert.is(connected.type, "connect");
  assert.is(connected.reconnect, false);
  const id = String(connected.session_id);
  assert.is(first.response.headers.get("x-sse-session-id"), id);
  const subscribed = await post(`${apiUrl}/sse/subscription`, {
    ...{ id, method: "subscribe", params: { contextIds: [contextId] } },
  });
  assert.equal(subscribed, { result: { status: "subscribed", contexts: [contextId], groups: [] } });
  await set(apiUrl, contextId, ["streamed", 1]);
  const told = await first.inbox.next(isMutation);
  assert.is(told.result?.data?.newRoot, await stateRoot(apiUrl, contextId));

  const again = await openStream(`${apiUrl}/sse`, { "last-event-id": `${id}-1` });
  assert.is((await again.inbox.next()).reconnect, true);
  await first.ended;
  await set(apiUrl, contextId, ["streamed", 2]);
  assert.is((await again.inbox.next(isMutation)).result?.contextId, contextId);
  const { result } = (await (await fetch(`${apiUrl}/sse/session/${id}`)).json()) as { result: object };
  assert.is((result as { status: string }).status, "active");
  assert.equal((result as { subscriptions: string[] }).subscriptions, [contextId]);
  again.close();
});

test("an event stream subscribes in its address, to single contexts or to all", async () => {
  const { apiUrl } = node.node;
  const one = await openStream(`${apiUrl}/sse?contextIds=${contextId}`);
  const all = await openStream(`${apiUrl}/sse?contextIds=*`);
  await Promise.all([one.inbox.next(), all.inbox.next()]);
  const made = await createContext(apiUrl);
  assert.is((await all.inbox.next(isMutation)).result?.contextId, made);
  await set(apiUrl, contextId, ["addressed", 1]);
  assert.is((await one.inbox.next(isMutation)).result?.contextId, contextId);
  one.close();
  all.close();
});

test("an address that names contexts twice subscribes to both", async () => {
  const { apiUrl } = node.node;
  const other = await createContext(apiUrl);
  const stream = await openStream(`${apiUrl}/sse?contextIds=${contextId}&contextIds=${other}`);
  const { session_id: id } = await stream.inbox.next();
  assert.equal(await subscriptionsOf(String(id)), [contextId, other]);
  stream.close();
});

test("all contexts show as *, and are unsubscribed and subscribed by that name", async () => {
  const { apiUrl } = node.node;
  const stream = await openStream(`${apiUrl}/sse?contextIds=*`);
  const id = String((await stream.inbox.next()).session_id);
  assert.equal(await subscriptionsOf(id), ["*"]);
  const change = (method: string) =>
    post(`${apiUrl}/sse/subscription`, { id, method, params: { contextIds: ["*"] } });
  await change("unsubscribe");
  assert.equal(await subscriptionsOf(id), []);
  await change("subscribe");
  await set(apiUrl, contextId, ["all again", 1]);
  assert.is((await stream.inbox.next(isMutation)).result?.contextId, contextId);
  stream.close();
});

test("a stream that is refused leaves no session behind, which would push out another's", async () => {
  const { apiUrl } = node.node;
  const kept = await openStream(`${apiUrl}/sse?contextIds=${contextId}`);
  const { session_id: id } = await kept.inbox.next();
  kept.close();
  await kept.ended;
  for (let round = 0; round < 1_100; round += 1) {
    const refused = await fetch(`${apiUrl}/sse?contextIds=nonsense`);
    assert.is(refused.status, 400);
    await refused.arrayBuffer();
  }
  const one = await openStream(`${apiUrl}/sse`);
  await one.inbox.next();
  assert.equal(await subscriptionsOf(String(id)), [contextId]);
  one.close();
});

test("what subscribes wrongly is refused with a sentence", async () => {
  const { apiUrl } = node.node;
  const bad = await fetch(`${apiUrl}/sse?contextIds=nonsense`);
  assert.is(bad.status, 400);
  assert.match(((await bad.json()) as { error: string }).error, "nonsense");
  const unknown = await post(`${apiUrl}/sse/subscription`, { id: "7", method: "subscribe", params: {} });
  assert.match((unknown as { error: string }).error, "there is no session");
});

test("other web pages and other names get neither a WebSocket nor a stream", async () => {
  const strangers = [{ origin: "http://evil.example" }, { host: "node.example" }];
  for (const headers of strangers) {
    const socket = new WebSocket(socketUrl(node), { headers });
    const [, response] = await once(socket, "unexpected-response");
    assert.is(response.statusCode, 403);
    socket.on("error", () => {});
    socket.terminate();
  }
  const stream = await fetch(`${node.node.apiUrl}/sse`, { headers: { origin: "http://evil.example" } });
  assert.is(stream.status, 403);
  const astray = new WebSocket(`${socketUrl(node)}/astray`);
  const [, response] = await once(astray, "unexpected-response");
  assert.is(response.statusCode, 404);
  astray.on("error", () => {});
  astray.terminate();
});

test("a client that reads nothing while much happens is told why it is cut off, and others go on", async () => {
  const { apiUrl } = node.node;
  const square = await createContext(apiUrl, "crier");
  const slow = await stalledStream(apiUrl, square);
  const text = "x".repeat(500_000);
  for (let number = 0; number < 30; number += 1) await execute(apiUrl, square, ["cry", { text }]);
  let said = "";
  slow.on("data", (bytes) => {
    said = (said + bytes).slice(-1_000);
  });
  slow.resume();
  await once(slow, "close");
  assert.match(said, /"type":"close","reason":"too slow: \d+ events were not kept/);
  assert.is(await execute(apiUrl, square, ["last", {}]), "x".repeat(10));
});

test("listeners hear that the node stops", async () => {
  const going = await startTestNode();
  const id = await createContext(going.node.apiUrl);
  const { socket } = await openSocket(going);
  const stream = await openStream(`${going.node.apiUrl}/sse?contextIds=${id}`);
  await stream.inbox.next();
  const closed = once(socket, "close");
  await going.node.stop();
  const [code, reason] = await closed;
  assert.is(code, 1001);
  assert.is(String(reason), "the node stops");
  assert.is((await stream.inbox.next(({ type }) => type === "close")).reason, "the node stops");
  await stream.ended;
});

async function subscriptionsOf(id: string): Promise<unknown> {
  const session = await (await fetch(`${node.node.apiUrl}/sse/session/${id}`)).json();
  return (session as { result?: { subscriptions: unknown } }).result?.subscriptions;
}

async function post(url: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return await (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Asks for a stream and reads nothing of it. */
async function stalledStream(apiUrl: string, id: string): Promise<Socket> {
  const { hostname, port } = new URL(apiUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET /sse?contextIds=${id} HTTP/1.1\r\nhost: ${hostname}\r\n\r\n`);
  await once(socket, "data");
  return socket.pause();
}

test.run();
