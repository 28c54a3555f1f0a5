// Streams on a connection that ends while they are opened: they end, and nothing is thrown where nobody could catch it.

import "../../../adapters/libp2p/promise-with-resolvers.ts";
import { setTimeout } from "node:timers/promises";
import type { Logger, MessageStream } from "@libp2p/interface";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { muxer } from "../../../adapters/libp2p/muxer.ts";
import { uncaughtIn } from "./uncaught.ts";

const log = Object.assign(() => {}, {
  ...{ error: () => {}, trace: () => {}, enabled: false },
  newScope: (): Logger => log as Logger,
});

/** A connection of which nothing arrives, and that takes what is sent as long as it is open. */
class Connection extends EventTarget {
  readonly log = log;
  status: MessageStream["status"] = "open";
  sent = 0;

  send(): boolean {
    if (this.status !== "open") throw new Error("Cannot write to a stream that is closed");
    this.sent += 1;
    return true;
  }
}

function connect() {
  const connection = new Connection();
  const create = () =>
    muxer({ enableKeepAlive: false })().createStreamMuxer(connection as unknown as MessageStream);
  return { connection, create };
}

test("a connection that ends while a stream is opened takes what is sent, and the stream ends with it", async () => {
  const { connection, create } = connect();
  const muxed = create();
  const uncaught = await uncaughtIn(async () => {
    const opening = muxed.createStream();
    connection.status = "closed";
    const stream = await opening;
    connection.dispatchEvent(new Event("close"));
    assert.is(stream.status, "closed");
  });
  assert.equal(uncaught, []);
});

test("a connection that is open sends what is opened, and throws what it throws", async () => {
  const { connection, create } = connect();
  const muxed = create();
  await muxed.createStream();
  await setTimeout(0);
  assert.is(connection.sent, 1);
  connection.send = () => {
    throw new Error("broken");
  };
  const other = create();
  assert.equal(await uncaughtIn(async () => await other.createStream()), ["broken"]);
});

test("a connection that has ended gets no muxer: its end was told before", () => {
  const { connection, create } = connect();
  connection.status = "closed";
  assert.throws(create, /has ended/);
});

test.run();
