// A server over a node that answers what the test wants, and ways to ask it.

import { request } from "node:http";
import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ContextView, NodeApi } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { type Server, startServer } from "../../../adapters/http/server.ts";
import type { Outcome } from "../../../core/effect.ts";
import type { AuthorId, ContextId, DeltaId, Hash } from "../../../core/ids.ts";
import type { ClientCall } from "../../../core/input.ts";
import { idleNode } from "./idle-node.ts";

export const contextId = "c".repeat(32) as ContextId;
export const view: ContextView = {
  id: contextId,
  application: "kv-store",
  stateRoot: "r".repeat(32) as Hash,
  heads: ["h".repeat(32) as DeltaId],
  applied: 2,
  pending: 1,
  stranded: 4,
  entities: 3,
  owed: 5,
  parked: 1,
  checkpoint: { sealed: "k".repeat(32) as DeltaId, waitsFor: ["w".repeat(32) as AuthorId] },
  tombstoneRetentionMs: 86_400_000,
  ownRole: "admin",
  isInvited: false,
  readiness: { state: "degraded", why: "one is parked" },
};
export const params = { contextId: toBase58(contextId), method: "set", argsJson: { key: "a" } };
export const json = { "content-type": "application/json" };

/** What a test sets, and what came to the node; each test begins anew. */
interface Node {
  readonly calls: ClientCall[];
  readonly failures: unknown[];
  outcome: Outcome;
  trouble: Error | null;
}

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly type: string; readonly data: unknown };
}

export interface Answered {
  readonly status: number | undefined;
  readonly answer: Answer;
}

/** For use once in a file of tests, before these. `api` is what the node does besides answering calls. */
export function testServer(api: Partial<NodeApi> = {}) {
  const begun: Pick<Node, "outcome" | "trouble"> = {
    outcome: { kind: "executed", output: null, written: null },
    trouble: null,
  };
  const node: Node = { calls: [], failures: [], ...begun };
  const served: NodeApi = {
    ...idleNode,
    context: async (id) => (id === contextId ? view : null),
    call: async (call) => {
      node.calls.push(call);
      if (node.trouble !== null) throw node.trouble;
      return node.outcome;
    },
    ...api,
  };
  let server: Server;
  const failed = (error: unknown) => node.failures.push(error);
  test.before(async () => {
    server = await startServer({ host: "127.0.0.1", port: 0, api: served, failed });
  });
  test.after(() => server.close());
  test.before.each(() => {
    node.calls.length = 0;
    node.failures.length = 0;
    Object.assign(node, begun);
  });
  const port = () => Number(new URL(server.url).port);

  async function send(method: string, path: string, body?: string) {
    const content = body === undefined ? {} : { body, headers: json };
    const response = await fetch(server.url + path, { method, ...content });
    return { status: response.status, answer: (await response.json()) as Answer };
  }

  /** A request as `fetch` would not send it. */
  function sendRaw(
    method: string,
    path: string,
    {
      headers = {},
      body,
    }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ): Promise<Answered & { readonly peer: unknown }> {
    return new Promise((resolve, reject) => {
      const asked = request({ port: port(), host: "127.0.0.1", method, path, headers }, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        const peer = response.headers["reconverge-peer"];
        resolve({ status: response.statusCode, peer, answer: JSON.parse(text) });
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  /** What the server says to these bytes until it closes. */
  async function sendBytes(text: string): Promise<string> {
    const socket = connect(port(), "127.0.0.1");
    socket.end(text);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    return answer;
  }

  const rpc = (content: object) => send("POST", "/jsonrpc", JSON.stringify(content));
  const executing = (asked: object) => rpc({ jsonrpc: "2.0", id: 1, method: "execute", params: asked });
  return { node, api: served, port, send, sendRaw, sendBytes, rpc, executing };
}

/** The answer's only content is one sentence in `error`. */
export function assertRefused({ status, answer }: Answered, expected: number, ...parts: readonly string[]) {
  assert.is(status, expected, JSON.stringify(answer));
  assert.equal(Object.keys(answer), ["error"]);
  for (const part of parts) assert.ok(String(answer.error).includes(part), `${answer.error} says ${part}`);
}
