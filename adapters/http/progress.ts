/**
 * Tells a client that asks for it how what it sends gets on. Megabytes that have left it may still be in the buffers
 * of systems and tunnels on the way, and how they move is seen from this end only.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

/** A request with this header is answered HTTP 102, as often as that, while its bytes come. */
export const progressHeader = "reconverge-progress";
const progressEveryMs = 250;

export function tellProgress(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers[progressHeader] === undefined) return;
  let told = request.socket.bytesRead;
  const timer = setInterval(() => {
    if (request.complete || response.headersSent) return clearInterval(timer);
    const { bytesRead } = request.socket;
    if (bytesRead === told) return;
    told = bytesRead;
    response.writeProcessing();
  }, progressEveryMs);
  response.once("close", () => clearInterval(timer));
}
