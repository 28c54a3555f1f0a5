/**
 * `/ws`: subscribe, unsubscribe and execute, in Calimero's shapes, and what happens in the contexts subscribed to.
 * A request `{id, method, params}` is answered with its `id`, one after the other (`request-queue.ts`); what is told
 * unasked has none.
 */

import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { type Admission, answerRaw, type ListeningOptions } from "./admission.ts";
import { bodyBytesMax, HttpError, type NodeApi, peerHeader } from "./api.ts";
import { ContextFeed, Interest, readContextIds, SubscriptionError, showNamed } from "./context-feed.ts";
import { answerRpc, nameOf, type RpcId, readId, Unreadable } from "./json-rpc.ts";
import { RequestQueue } from "./request-queue.ts";

/** How often a client is asked whether it is there, and how long it may take to say so. */
export interface Heartbeat {
  /** Longer than the other. */
  readonly pingEveryMs: number;
  readonly pongWithinMs: number;
}

export const heartbeatDefault: Heartbeat = { pingEveryMs: 30_000, pongWithinMs: 10_000 };
/** A client may take so long to close in order when the node stops. */
export const closingMs = 50;
/** As RFC 6455 numbers them. */
const closeCodes = { goingAway: 1001, tooSlow: 1008, failed: 1011 } as const;
/** What a client is told where the package closes with a code alone; at most 123 bytes each. */
const closeReasons: Readonly<Record<number, string>> = {
  1002: "expected frames of RFC 6455",
  1007: "expected texts in UTF-8",
  1009: `a message is too large: expected at most ${bodyBytesMax} bytes, which is 10 MiB of arguments`,
};

class ReasoningSocket extends WebSocket {
  override close(code?: number, reason?: string): void {
    super.close(code, reason ?? closeReasons[code ?? 0]);
  }
}

/** Takes what asks for a WebSocket; `close` ends those there are. The server is one of `Request` (`upgrade.ts`). */
export function serveWebSockets(
  server: Server,
  api: NodeApi,
  options: ListeningOptions & { readonly admission: Admission; readonly heartbeat: Heartbeat },
): { close(): void } {
  const sockets = new WebSocketServer({
    ...{ noServer: true, maxPayload: bodyBytesMax, WebSocket: ReasoningSocket },
  });
  sockets.on("headers", (headers) => headers.push(`${peerHeader}: ${api.peer}`));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until it is a WebSocket, nobody else hears that it broke.
    socket.on("error", () => socket.destroy());
    try {
      const refusal = options.admission.refusalOf(request);
      if (refusal !== null) throw refusal;
      const leave = options.listeners.enter();
      socket.once("close", leave);
      sockets.handleUpgrade(request, socket, head, (each) => new Client(each, api, options));
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      answerRaw(socket, error.status, error.message);
    }
  });
  return {
    close() {
      for (const each of sockets.clients) {
        each.close(closeCodes.goingAway, "the node stops");
        setTimeout(() => each.terminate(), closingMs).unref();
      }
    },
  };
}

class Client {
  readonly #socket: WebSocket;
  readonly #api: NodeApi;
  readonly #failed: (error: unknown) => void;
  readonly #interest = new Interest();
  readonly #feed: ContextFeed;
  /** Ends a client that does not answer a ping. */
  #silent: NodeJS.Timeout | undefined;
  /** At some time since the last ping nothing of it was read, pongs neither. */
  #wasPaused = false;

  constructor(
    socket: WebSocket,
    api: NodeApi,
    { failed, heartbeat }: Pick<ListeningOptions, "failed"> & { readonly heartbeat: Heartbeat },
  ) {
    this.#socket = socket;
    this.#api = api;
    this.#failed = failed;
    this.#feed = new ContextFeed(api, this.#interest);
    // What breaks a connection closes it, and is told there.
    socket.on("error", () => {});
    const requests = new RequestQueue<Buffer | null>({
      answer: (request) => this.#take(request),
      isOpen: () => socket.readyState === socket.OPEN,
      pause: () => {
        this.#wasPaused = true;
        socket.pause();
      },
      resume: () => socket.resume(),
    });
    socket.on("message", (message: Buffer, isBinary) =>
      requests.take(isBinary ? null : message, message.length),
    );
    const pings = setInterval(() => this.#ping(heartbeat.pongWithinMs), heartbeat.pingEveryMs);
    socket.on("pong", () => clearTimeout(this.#silent));
    socket.once("close", () => {
      clearInterval(pings);
      clearTimeout(this.#silent);
      void this.#feed.close();
    });
    void this.#tell();
  }

  async #tell(): Promise<void> {
    try {
      const { isOurs, why } = await this.#feed.run((result) => this.#send({ id: null, result }));
      this.#socket.close(isOurs ? closeCodes.goingAway : closeCodes.tooSlow, why);
    } catch (error) {
      this.#end(error);
    }
  }

  /** Null for one that is no text. */
  async #take(request: Buffer | null): Promise<void> {
    try {
      await this.#send(await this.#answer(request === null ? null : String(request)));
    } catch (error) {
      this.#end(error);
    }
  }

  /** A connection that has gone is nobody's failure, nor is a node that stops. */
  #end(error: unknown): void {
    if (this.#api.state() !== "running") return this.#socket.close(closeCodes.goingAway, "the node stops");
    if (this.#socket.readyState === this.#socket.OPEN) this.#failed(error);
    this.#socket.close(closeCodes.failed, "the node could not answer");
  }

  async #answer(text: string | null): Promise<JsonObject> {
    const request = parse(text);
    if (request === null || !isJsonObject(request))
      return failure(null, 'expected a text like {"id": 1, "method": "subscribe", "params": {…}}');
    const { method, params } = request;
    if (method === "execute") {
      const { jsonrpc, ...answer } = await answerRpc({ ...request, jsonrpc: "2.0" }, this.#api);
      return answer as JsonObject;
    }
    try {
      const id = readId(request.id);
      if (method === "subscribe" || method === "unsubscribe") return this.#changeInterest(id, method, params);
      return failure(id, `unknown method ${nameOf(method)}, expected subscribe, unsubscribe or execute`);
    } catch (error) {
      if (error instanceof Unreadable) return failure(error.id, error.message);
      throw error;
    }
  }

  #changeInterest(id: RpcId, method: "subscribe" | "unsubscribe", params: Json | undefined): JsonObject {
    try {
      const contextIds = readContextIds(params);
      if (method === "subscribe") this.#interest.add(contextIds);
      else this.#interest.remove(contextIds);
      return { id, result: { contextIds: contextIds.map(showNamed) } };
    } catch (error) {
      if (error instanceof SubscriptionError) return failure(id, error.message);
      throw error;
    }
  }

  /** Resolves once it has left; rejects when the connection has gone. */
  #send(message: JsonObject): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  }

  /** While nothing of the client is read, it is enough that it takes what is sent: the ping leaves after all of that. */
  #ping(pongWithinMs: number): void {
    let hasLeft = false;
    this.#wasPaused = this.#socket.isPaused;
    clearTimeout(this.#silent);
    this.#silent = setTimeout(() => {
      if (!this.#wasPaused || !hasLeft) this.#socket.terminate();
    }, pongWithinMs);
    this.#socket.ping(undefined, undefined, () => {
      hasLeft = true;
    });
  }
}

function failure(id: RpcId, sentence: string): JsonObject {
  return { id, error: { type: "ParseError", data: sentence } };
}

/** Null for what is no JSON. */
function parse(text: string | null): Json {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
