/** Who may speak to the API at all, before anything of a request is read, and how many may listen at once. */

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { HttpError } from "./api.ts";

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Connections that listen at one time, over WebSockets and event streams. */
const listenersMax = 256;

/** Why a request of another machine or another web page is refused, or null. */
export function strangerRefusal({ headers, socket }: IncomingMessage): HttpError | null {
  const { host = "", origin } = headers;
  const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
  if (!loopbackNames.has(name))
    return new HttpError(403, `the API answers on this machine only, not as "${name}"`);
  if (origin === undefined || isOwnOrigin(origin, socket.localPort)) return null;
  return new HttpError(403, `the API takes no requests of other web pages, and this one is of ${origin}`);
}

function isOwnOrigin(origin: string, port: number | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.protocol === "http:" && loopbackNames.has(url.hostname) && Number(url.port || 80) === port;
}

/** Counts who listens. */
export class Listeners {
  #count = 0;

  /** One more; gives what to call once when it has gone. Throws an `HttpError` where there are too many. */
  enter(): () => void {
    if (this.#count >= listenersMax)
      throw new HttpError(503, `${listenersMax} clients listen already, and no more may: close one`);
    this.#count += 1;
    let isIn = true;
    return () => {
      if (isIn) this.#count -= 1;
      isIn = false;
    };
  }
}

/** What serves those who listen is given. */
export interface ListeningOptions {
  readonly listeners: Listeners;
  /** An error that is no client's mistake. */
  readonly failed: (error: unknown) => void;
}

/** Answers where no server stands between, and ends the connection. */
export function answerRaw(socket: Duplex, status: number, sentence: string): void {
  if (socket.writable) {
    const body = JSON.stringify({ error: sentence });
    const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`);
  }
  socket.end(() => socket.destroy());
}
