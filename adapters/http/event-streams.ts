/**
 * `/sse`: what happens in contexts as server-sent events, in Calimero's shapes. A client has a session, which knows
 * what it subscribed to and outlives its connection for a day; what happened meanwhile is not sent again.
 * Besides, `/sse?contextIds=ID,ID` subscribes at once, and `*` to all contexts. What is refused makes no session.
 */

import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Json, JsonObject } from "../../core/json.ts";
import type { ListeningOptions } from "./admission.ts";
import { HttpError, keepAliveEveryMs, type NodeApi } from "./api.ts";
import { ContextFeed, type Named, readContextIds, SubscriptionError, showNamed } from "./context-feed.ts";
import { type EventSession, EventSessions, eventId } from "./event-sessions.ts";
import { nameOf } from "./json-rpc.ts";

/** For a client to wait before it connects again. */
const retryMs = 3_000;
/** A client that takes nothing for so long is cut off. */
const stalledMs = 60_000;
const sessionHeader = "x-sse-session-id";

export function registerEventStreams(
  server: FastifyInstance,
  api: NodeApi,
  { listeners, failed }: ListeningOptions,
): void {
  const sessions = new EventSessions();
  server.get("/sse", { exposeHeadRoute: false }, async (request, reply) => {
    const named = namedAtOnce(request.query);
    const leave = listeners.enter();
    try {
      const session = sessions.resume(namedSession(request));
      subscribing(() => session.interest.add(named));
      await serve(session, reply);
    } finally {
      leave();
    }
  });
  const serve = async (session: EventSession, reply: FastifyReply) => {
    const connection = new Connection(openStream(reply, session), session);
    sessions.connected(session, connection);
    try {
      await connection.serve(new ContextFeed(api, session.interest));
    } catch (error) {
      // A node that stops answers nobody any more.
      if (api.state() === "running") failed(error);
    } finally {
      sessions.left(session, connection);
    }
  };
  server.post("/sse/subscription", ({ body }) => {
    const { id, method, params } = (body ?? {}) as Readonly<Record<string, Json | undefined>>;
    const session = sessions.find(id);
    return { result: subscribing(() => change(session, method, params)) };
  });
  server.get<{ Params: { id: string } }>("/sse/session/:id", ({ params }) => {
    const { id, interest, sent, connection } = sessions.find(params.id);
    const status = connection === null ? "persisted" : "active";
    return { result: { session_id: id, subscriptions: interest.all(), event_counter: sent, status } };
  });
}

function change(session: EventSession, method: Json | undefined, params: Json | undefined): JsonObject {
  const named = readContextIds(params);
  const contexts = named.map(showNamed);
  switch (method) {
    case "subscribe":
      session.interest.add(named);
      return { status: "subscribed", contexts, groups: [] };
    case "unsubscribe": {
      const unsubscribed = session.interest.remove(named).map(showNamed);
      return {
        status: "unsubscribed",
        contexts: unsubscribed,
        groups: [],
        unsubscribed,
        requested: contexts,
      };
    }
    default:
      throw new HttpError(400, `unknown method ${nameOf(method)}, expected subscribe or unsubscribe`);
  }
}

/** What the address names, in one `contextIds` or several. */
function namedAtOnce(query: unknown): readonly Named[] {
  const { contextIds = [] } = query as { readonly contextIds?: string | readonly string[] };
  const texts = [contextIds].flat().flatMap((listed) => listed.split(","));
  return subscribing(() => readContextIds({ contextIds: texts }));
}

function subscribing<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SubscriptionError) throw new HttpError(400, error.message);
    throw error;
  }
}

/** The session a client had, by its header or by the id of the last event it saw. */
function namedSession({ headers }: FastifyRequest): string | null {
  const { [sessionHeader]: named, "last-event-id": last } = headers;
  return String(named ?? last ?? "").split("-")[0] || null;
}

function openStream(reply: FastifyReply, session: EventSession): ServerResponse {
  const headers = {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    connection: "close",
    [sessionHeader]: session.id,
    "x-sse-reconnect": String(session.isResumed),
  };
  // From here on it is ours to write and to end.
  reply.hijack();
  return reply.raw.writeHead(200, { ...reply.getHeaders(), ...headers } as Record<string, string>);
}

/** One connection of a session. */
class Connection {
  readonly #stream: ServerResponse;
  readonly #session: EventSession;
  readonly #gone: Promise<void>;
  /** Goes on with what waits for the client to take something. */
  #goOn = () => {};

  constructor(stream: ServerResponse, session: EventSession) {
    this.#stream = stream;
    this.#session = session;
    stream.on("drain", () => this.#goOn());
    this.#gone = new Promise((resolve) =>
      stream.once("close", () => {
        this.#goOn();
        resolve();
      }),
    );
  }

  /** The client is there no more. */
  get isGone(): boolean {
    return this.#stream.destroyed;
  }

  /** Tells what the feed brings, until the connection has ended. Rejects with what is no client's doing. */
  async serve(feed: ContextFeed): Promise<void> {
    const keepAlive = setInterval(() => this.#stream.write(":\n\n"), keepAliveEveryMs);
    void this.#gone.then(() => feed.close());
    try {
      const { id, isResumed } = this.#session;
      await this.#send({ type: "connect", session_id: id, reconnect: isResumed }, `retry: ${retryMs}\n`);
      const { why } = await feed.run((result) => this.#send({ result }));
      await this.#send({ type: "close", reason: why });
    } finally {
      clearInterval(keepAlive);
      await feed.close();
      this.end();
    }
    await this.#gone;
  }

  end(): void {
    this.#stream.end();
  }

  /** Resolves once the client has room for more, or is gone: cut off where it takes nothing. */
  async #send(message: JsonObject, head = ""): Promise<void> {
    if (this.isGone) return;
    const frame = `${head}event: message\nid: ${eventId(this.#session)}\ndata: ${JSON.stringify(message)}\n\n`;
    if (this.#stream.write(frame)) return;
    const stalled = setTimeout(() => this.#stream.destroy(), stalledMs);
    await new Promise<void>((resolve) => {
      this.#goOn = resolve;
    });
    clearTimeout(stalled);
  }
}
