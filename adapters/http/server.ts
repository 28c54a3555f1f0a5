/** The node's HTTP server. On loopback only: there is no authentication yet. */

import Fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import { registerAdmin } from "./admin.ts";
import { HttpError, type NodeApi } from "./api.ts";
import { answerRpc, internalError, parseError } from "./json-rpc.ts";

export interface ServerOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly api: NodeApi;
  /** An error that is no client's mistake. */
  readonly failed: (error: unknown) => void;
}

export interface Server {
  readonly url: string;
  /** Answers what is under way, and takes nothing more. */
  close(): Promise<void>;
}

/** The API cannot be served. The message is one sentence for people. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code = "address-taken";
}

/** Arguments of a call, 10 MiB, and what is around them. */
const bodyBytesMax = 10 * 1_048_576 + 4_096;

/** A page that made its own name point to this machine must not reach the API through a browser. */
const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]", "::1"]);

/** Listens. Rejects with a `ServerError` when it cannot. */
export async function startServer({ host, port, api, failed }: ServerOptions): Promise<Server> {
  const server = Fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true, logger: false });
  server.setErrorHandler((error: FastifyError | HttpError, request, reply) =>
    answerError(error, { request, reply, failed }),
  );
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `there is nothing at ${request.method} ${request.url}` }),
  );
  server.addHook("onRequest", async ({ hostname }) => {
    if (!loopbackNames.has(hostname))
      throw new HttpError(403, `the API answers on this machine only, not as ${hostname}`);
  });
  server.post("/jsonrpc", ({ body }) => answerRpc(body, api));
  registerAdmin(server, api);
  try {
    return { url: await server.listen({ host, port }), close: () => server.close() };
  } catch (error) {
    await server.close();
    const text = error instanceof Error ? error.message : String(error);
    const advice = "stop the program that has it or choose another server.port";
    throw new ServerError(`cannot serve the API on ${host}:${port} (${text}): ${advice}`, { cause: error });
  }
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
  if (request.url === "/jsonrpc" && request.method === "POST")
    return reply.code(200).send(isOurs ? internalError() : parseError(error.message));
  return reply.code(status).send({ error: isOurs ? "the node could not answer" : error.message });
}
