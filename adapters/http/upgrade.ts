/** Which requests become something else than HTTP. */

import { IncomingMessage } from "node:http";

/**
 * The requests of the server. Only what asks for a WebSocket at `/ws` is taken from it; whatever else a client would
 * rather speak (curl offers HTTP/2 with every request), it is answered as if it had not said so.
 */
export class Request extends IncomingMessage {
  #asksForAnother = false;

  /** As the parser found it: read once the headers are known. */
  get upgrade(): boolean {
    return this.#asksForAnother && (this.method === "CONNECT" || asksForWebSocket(this));
  }

  set upgrade(asks: boolean | null) {
    // Unset by the constructor of `IncomingMessage`, before this is a `Request`.
    if (#asksForAnother in this) this.#asksForAnother = asks === true;
  }
}

function asksForWebSocket({ url, headers }: IncomingMessage): boolean {
  return url?.split("?")[0] === "/ws" && headers.upgrade?.toLowerCase() === "websocket";
}
