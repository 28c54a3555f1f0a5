/**
 * `/ws`: subscribe, unsubscribe and execute, in Calimero's shapes, and what happens in the contexts subscribed to.
 * A request `{id, method, params}` is answered with its `id`, one after the other; what is told unasked has none.
 */

import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { answerRaw, type ListeningOptions, strangerRefusal } from "./admission.ts";
import { bodyBytesMax, HttpError, type NodeApi, peerHeader } from "./api.ts";
import { toBase58 } from "./base58.ts";
import { ContextFeed, Interest, readContextIds, SubscriptionError } from "./context-feed.ts";
import { answerRpc } from "./json-rpc.ts";

const pingEveryMs = 30_000;
const pongWithinMs = 10_000;
/** A client may take so long to close in order when the node stops. */
const closingMs = 50;
/** As RFC 6455 numbers them. */
const closeCodes = { goingAway: 1001, tooSlow: 1008, failed: 1011 } as const;

/** Takes what asks for a WebSocket; `close` ends those there are. */
export function serveWebSockets(
  server: Server,
  api: NodeApi,
  { listeners, failed }: ListeningOptions,
): { close(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: bodyBytesMax });
  sockets.on("headers", (headers) => headers.push(`${peerHeader}: ${api.peer}`));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until it is a WebSocket, nobody else hears that it broke.
    socket.on("error", () => socket.destroy());
    try {
      admit(request);
      const leave = listeners.enter();
      socket.once("close", leave);
      sockets.handleUpgrade(request, socket, head, (each) => new Client(each, api, failed));
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

function admit(request: IncomingMessage): void {
  const refusal = strangerRefusal(request);
  if (refusal !== null) throw refusal;
  const path = request.url?.split("?")[0];
  if (path !== "/ws") throw new HttpError(404, `there is no WebSocket at ${path}: expected /ws`);
}

class Client {
  readonly #socket: WebSocket;
  readonly #api: NodeApi;
  readonly #failed: (error: unknown) => void;
  readonly #interest = new Interest();
  readonly #feed: ContextFeed;
  /** Ends with the answer to the last request. */
  #answered: Promise<void> = Promise.resolve();
  /** Ends a client that does not answer a ping. */
  #silent: NodeJS.Timeout | undefined;

  constructor(socket: WebSocket, api: NodeApi, failed: (error: unknown) => void) {
    this.#socket = socket;
    this.#api = api;
    this.#failed = failed;
    this.#feed = new ContextFeed(api, this.#interest);
    // What breaks a connection closes it, and is told there.
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      // One request is read at a time.
      socket.pause();
      this.#answered = this.#answered.then(() => this.#take(data, isBinary));
    });
    const pings = setInterval(() => this.#ping(), pingEveryMs);
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

  async #take(data: RawData, isBinary: boolean): Promise<void> {
    try {
      await this.#send(await this.#answer(isBinary ? null : String(data)));
      this.#socket.resume();
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
    const { id = null, method, params } = request;
    switch (method) {
      case "subscribe":
      case "unsubscribe":
        return this.#changeInterest(id, method, params);
      case "execute": {
        const { jsonrpc, ...answer } = await answerRpc({ ...request, jsonrpc: "2.0" }, this.#api);
        return answer as JsonObject;
      }
      default:
        return failure(
          id,
          `unknown method ${JSON.stringify(method)}, expected subscribe, unsubscribe or execute`,
        );
    }
  }

  #changeInterest(id: Json, method: "subscribe" | "unsubscribe", params: Json | undefined): JsonObject {
    try {
      const contextIds = readContextIds(params);
      if (method === "subscribe") this.#interest.add(contextIds);
      else this.#interest.remove(contextIds);
      return { id, result: { contextIds: contextIds.map(toBase58) } };
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

  #ping(): void {
    clearTimeout(this.#silent);
    this.#silent = setTimeout(() => {
      // While it waits for an answer of ours, nothing of it is read, pongs neither.
      if (!this.#socket.isPaused) this.#socket.terminate();
    }, pongWithinMs);
    this.#socket.ping();
  }
}

function failure(id: Json, sentence: string): JsonObject {
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
