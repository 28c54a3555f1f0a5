/**
 * yamux, on connections that may end at any moment. It writes to its connection from microtasks and listeners of its own,
 * where nobody can catch what that throws, and the process dies of it: a stream whose connection is cut in the moment in
 * which it is opened still says how much it would take. Here such a write is lost, as is all that was on the way, and its
 * streams hear of the end by its event.
 */

import { yamux } from "@chainsafe/libp2p-yamux";
import type { MessageStream } from "@libp2p/interface";

type Yamux = typeof yamux;

export function muxer(...options: Parameters<Yamux>): ReturnType<Yamux> {
  const create = yamux(...options);
  return (...parts) => {
    const factory = create(...parts);
    const createStreamMuxer = factory.createStreamMuxer.bind(factory);
    factory.createStreamMuxer = (connection) => {
      // Its end was told before there was a muxer to hear it, which would stay open for ever.
      if (connection.status !== "open") throw new Error("the connection has ended");
      survive(connection);
      return createStreamMuxer(connection);
    };
    return factory;
  };
}

/** Has a connection that is ending take what is sent as one that is full does; while it is open it throws as ever. */
function survive(connection: MessageStream): void {
  const send = connection.send.bind(connection);
  connection.send = (data) => {
    try {
      return send(data);
    } catch (error) {
      if (connection.status === "open") throw error;
      return false;
    }
  };
}
