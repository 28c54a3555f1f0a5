/** Who may speak to the API at all, before anything of a request is read, and how many may listen at once. */

import { createHash, timingSafeEqual } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { HttpError } from "./api.ts";

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Connections that listen at one time, over WebSockets and event streams. */
const listenersMax = 256;

/**
 * Who is let in. Without a token those who call this machine by its own names: a web page may have given it another.
 * With one, whoever bears it, by whatever name, as no page can know it. Other pages are not let in either way.
 */
export class Admission {
  /** Of the token, so that comparing takes as long whatever was sent. */
  readonly #digest: Uint8Array | null;

  /** Null where none is demanded. */
  constructor(token: string | null) {
    this.#digest = token === null ? null : digestOf(`Bearer ${token}`);
  }

  /** Why a request is refused, or null. */
  refusalOf({ headers, socket }: IncomingMessage): HttpError | null {
    const { host = "", origin, authorization = "" } = headers;
    const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
    if (this.#digest === null && !loopbackNames.has(name))
      return new HttpError(403, `the API answers on this machine only, not as "${name}"`);
    if (origin !== undefined && !isOwnOrigin(origin, socket.localPort))
      return new HttpError(403, `the API takes no requests of other web pages, and this one is of ${origin}`);
    if (
      this.#digest === null ||
      timingSafeEqual(digestOf(authorization.replace(/^bearer /i, "Bearer ")), this.#digest)
    )
      return null;
    const found = authorization === "" ? "there is none" : "it is another";
    return new HttpError(401, `expected the header authorization: Bearer and the token, and ${found}`);
  }
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
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

/** Headers that an answer of a status must have. */
export function headersOf(status: number): Readonly<Record<string, string>> {
  return status === 401 ? { "www-authenticate": "Bearer" } : {};
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
    const headers = Object.entries({
      ...headersOf(status),
      ...{
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        connection: "close",
      },
    });
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  }
  socket.end(() => socket.destroy());
}
