/**
 * Sends a body to a node, and hears how it gets on. What has left this process may still be in the buffers of systems
 * and tunnels on the way, so that only the node can say whether it moves (`adapters/http/progress.ts`), and the
 * platform's `fetch` does not hear that.
 */

import { once } from "node:events";
import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import { progressHeader } from "../adapters/http/progress.ts";
import type { Silence } from "./silence.ts";

export interface Sending {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as it comes. */
  readonly body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The answer, which may come before all is sent. Rejects when the silence lasts too long, as `fetch` does. */
export async function send(url: string, sending: Sending, silence: Silence): Promise<Response> {
  const { method, headers, body } = sending;
  const { Agent, request: begin } = url.startsWith("https:") ? https : http;
  // So that a node that refuses takes what is still under way, rather than cut off who has yet to read its answer.
  const agent = new Agent({ keepAlive: true });
  const asking = { [progressHeader]: "1" };
  const request = begin(url, { method, headers: { ...headers, ...asking }, agent, signal: silence.signal });
  const end = () => {
    request.destroy();
    agent.destroy();
  };
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve).on("error", reject);
    request.on("information", () => silence.listen());
  });
  const enough = new AbortController();
  const sent = sendAll(body, request, { silence, enough: enough.signal });
  try {
    const message = await Promise.race([answered, sent.then(() => answered)]);
    message.once("close", end);
    const answer = Readable.toWeb(message) as ReadableStream<Uint8Array>;
    const told = Object.entries(message.headers).map(([name, value]) => [name, String(value)]);
    return new Response(answer, { status: message.statusCode ?? 0, headers: Object.fromEntries(told) });
  } catch (error) {
    end();
    throw error;
  } finally {
    enough.abort();
  }
}

async function sendAll(
  body: Sending["body"],
  request: http.ClientRequest,
  { silence, enough }: { readonly silence: Silence; readonly enough: AbortSignal },
): Promise<void> {
  for await (const bytes of body) {
    if (enough.aborted) return;
    silence.listen();
    if (request.write(bytes)) continue;
    const isDrained = await once(request, "drain", { signal: enough }).then(
      () => true,
      () => false, // It is answered, or has failed, which is told elsewhere.
    );
    if (!isDrained) return;
    silence.listen();
  }
  request.end();
}
