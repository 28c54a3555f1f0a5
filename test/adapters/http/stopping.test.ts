// A server that stops while clients go on asking.

import { once } from "node:events";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startServer } from "../../../adapters/http/server.ts";
import { idleNode } from "./idle-node.ts";

const asking = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;

test("what is under way when a node stops is answered, what is asked then is refused, and nobody new is let in", async () => {
  let answer = () => {};
  const contexts = new Promise<[]>((resolve) => {
    answer = () => resolve([]);
  });
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const api = {
    ...idleNode,
    contexts: () => {
      isAsked();
      return contexts;
    },
  };
  const failures: unknown[] = [];
  const server = await startServer({
    ...{ host: "127.0.0.1", port: 0, api },
    failed: (error) => failures.push(error),
  });
  const port = Number(new URL(server.url).port);
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
    });
    const ended = once(socket, "close").then(() => heard);
    return { socket, ended };
  };
  const [waiting, late] = [await open(), await open()];
  waiting.socket.write(asking("/admin-api/contexts"));
  // Half a request keeps its connection from being idle.
  late.socket.write("GET /health HT");
  await asked;
  server.stopTaking();
  late.socket.write(`TP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
  const refused = await late.ended;
  assert.match(refused, /^HTTP\/1.1 503 /);
  assert.match(refused, /\r\nconnection: close\r\n/i);
  assert.match(refused, '{"error":"the node stops, and takes no more requests"}');
  const stranger = connect(port, "127.0.0.1");
  const [error] = (await once(stranger, "error")) as [NodeJS.ErrnoException];
  assert.is(error.code, "ECONNREFUSED");
  answer();
  const answered = await waiting.ended;
  assert.match(answered, /^HTTP\/1.1 200 /);
  assert.match(answered, /\r\nconnection: close\r\n/i);
  assert.match(answered, '{"data":{"contexts":[]}}');
  await server.close();
  assert.equal(failures, []);
});

test("a request that stays half, and an answer that never comes, keep no server from closing", async () => {
  let isAsked = () => {};
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const contexts = () => {
    isAsked();
    return new Promise<[]>(() => {});
  };
  const api = { ...idleNode, contexts };
  const server = await startServer({ host: "127.0.0.1", port: 0, api, failed: () => {} });
  const port = Number(new URL(server.url).port);
  const sockets = [connect(port, "127.0.0.1").resume(), connect(port, "127.0.0.1").resume()] as const;
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  sockets[0].write(asking("/admin-api/contexts"));
  sockets[1].write("GET /");
  await asked;
  // Cut off or ended in order: either is an end.
  const ended = sockets.map((socket) => once(socket, "close").catch(() => {}));
  await server.close();
  await Promise.all(ended);
});

test.run();
