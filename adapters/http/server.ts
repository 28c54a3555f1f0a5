/**
 * The node's HTTP server. Who may ask is decided in `admission.ts`: without a token this machine alone. So that a web
 * page cannot reach it through somebody's browser, it takes only what a page cannot send without asking first
 * (`application/json`).
 *
 * An error is `{"error": "one sentence"}`, whatever the path; `/jsonrpc` has its own shape for what it has read.
 * Who wants to hear of changes opens `/ws` (`web-sockets.ts`) or `/sse` (`event-streams.ts`).
 */

import type { Socket } from "node:net";
import Fastify, {
  type ConnectionError,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { InvariantError } from "../../core/assert.ts";
import { registerAdmin } from "./admin.ts";
import { Admission, answerRaw, headersOf, Listeners } from "./admission.ts";
import { bodyBytesMax, HttpError, type NodeApi, peerHeader } from "./api.ts";
import { registerBlobs } from "./blobs.ts";
import { registerEventStreams } from "./event-streams.ts";
import { answerRpc, internalError, parseError } from "./json-rpc.ts";
import { registerMembers } from "./members.ts";
import { tellProgress } from "./progress.ts";
import { Request } from "./upgrade.ts";
import { closingMs, type Heartbeat, heartbeatDefault, serveWebSockets } from "./web-sockets.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** What clients have to bear; null where this machine alone may ask. */
  readonly token?: string | null;
  readonly api: NodeApi;
  /** An error that is no client's mistake. */
  readonly failed: (error: unknown) => void;
  /** Of WebSockets. */
  readonly heartbeat?: Heartbeat;
}

export interface Server {
  readonly url: string;
  /** From now on only what is under way is answered: clients that ask without end must not keep a node from stopping. */
  stopTaking(): void;
  /** Ends all connections, in order those that end soon. */
  close(): Promise<void>;
}

/** The API cannot be served. The message is one sentence for people. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code = "address-taken";
}

/** No route has a schema. Unless it is told so, the server loads what compiles them at each start, which takes a third of it. */
function noSchemas(): never {
  throw new InvariantError("a route has a schema, and nothing here compiles it");
}

/** Listens. Rejects with a `ServerError` when it cannot. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { host, port, token = null, api, failed, heartbeat = heartbeatDefault } = options;
  const admission = new Admission(token);
  const server = Fastify({
    bodyLimit: bodyBytesMax,
    forceCloseConnections: "idle",
    // Refused below, with a sentence.
    return503OnClosing: false,
    logger: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // Without a name for us, a request is refused below, with a sentence.
    http: { requireHostHeader: false, IncomingMessage: Request },
    frameworkErrors: (error, request, reply) => answerError(error, { request, reply, failed }),
    clientErrorHandler: answerNoHttp,
  });
  let isStopping = false;
  server.setErrorHandler((error: FastifyError | HttpError, request, reply) =>
    answerError(error, { request, reply, failed }),
  );
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `there is nothing at ${request.method} ${request.url}` }),
  );
  server.addHook("onRequest", async (request, reply) => {
    reply.header(peerHeader, api.peer);
    const refusal = admission.refusalOf(request.raw) ?? refusalOf(request);
    if (refusal !== null) throw refusal;
    if (isStopping) throw new HttpError(503, "the node stops, and takes no more requests");
    tellProgress(request.raw, reply.raw);
  });
  server.addHook("onSend", async (_, reply) => {
    if (isStopping) reply.header("connection", "close");
  });
  server.post("/jsonrpc", ({ body }) => answerRpc(body, api));
  registerAdmin(server, api);
  registerMembers(server, api);
  registerBlobs(server, api);
  const listening = { listeners: new Listeners(), failed };
  registerEventStreams(server, api, listening);
  server.get("/ws", (_, reply) => {
    reply.header("upgrade", "websocket");
    throw new HttpError(
      426,
      "/ws is a WebSocket: expected the headers connection: upgrade and upgrade: websocket",
    );
  });
  const webSockets = serveWebSockets(server.server, api, { ...listening, admission, heartbeat });
  try {
    const url = await server.listen({ host, port });
    let closed: Promise<void> | null = null;
    const stopTaking = () => {
      isStopping = true;
      closed ??= server.close();
    };
    const close = async () => {
      stopTaking();
      webSockets.close();
      const cut = setTimeout(() => server.server.closeAllConnections(), closingMs);
      await closed;
      clearTimeout(cut);
    };
    return { url, stopTaking, close };
  } catch (error) {
    await server.close();
    const text = error instanceof Error ? error.message : String(error);
    const advice = "stop the program that has it or choose another server.port";
    throw new ServerError(`cannot serve the API on ${host}:${port} (${text}): ${advice}`, { cause: error });
  }
}

/** Why the body of a request is not read, or null. */
function refusalOf(request: FastifyRequest): HttpError | null {
  const { method, is404 } = request;
  const { "content-type": contentType = "" } = request.headers;
  if (method !== "POST" || is404 || mediaTypeOf(contentType) === "application/json") return null;
  const got = contentType === "" ? "there is none" : `it is "${contentType}"`;
  return new HttpError(415, `expected the header content-type: application/json, but ${got}`);
}

function mediaTypeOf(contentType: string): string {
  return contentType.split(";")[0]?.trim().toLowerCase() ?? "";
}

function answerError(
  error: FastifyError | HttpError,
  about: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly failed: (error: unknown) => void;
  },
): FastifyReply {
  const { request, reply, failed } = about;
  const status = error instanceof HttpError ? error.status : (error.statusCode ?? 500);
  const isOurs = status >= 500 && !(error instanceof HttpError);
  if (isOurs) failed(error);
  const isRefused = error instanceof HttpError;
  if (request.url === "/jsonrpc" && request.method === "POST" && !isRefused)
    return reply.code(200).send(isOurs ? internalError() : parseError(messageOf(error)));
  return reply
    .code(status)
    .headers(headersOf(status))
    .send({ error: isOurs ? "the node could not answer" : messageOf(error) });
}

/** The framework's sentence, or a better one where it leaves out what was expected. */
function messageOf(error: FastifyError | HttpError): string {
  if ("code" in error && error.code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return `the body is too large: expected at most ${bodyBytesMax} bytes, which is 10 MiB of arguments`;
  return error.message;
}

/** For what is no HTTP at all, or whose headers are too large. */
function answerNoHttp(error: ConnectionError, socket: Socket): void {
  const isLarge = error.code === "HPE_HEADER_OVERFLOW";
  const sentence = isLarge ? "the headers are too large" : "this is no HTTP request that can be read";
  answerRaw(socket, isLarge ? 431 : 400, sentence);
}
