/** Sync streams over connections: each end knows a stream by its own number; a broken connection closes them all. */

import type { StreamId, StreamProtocol } from "../../core/input.ts";
import type { Carried, Connection, Connections } from "./connections.ts";
import type { WorldPort } from "./events.ts";

interface Stream {
  readonly number: number;
  readonly connection: Connection;
  /** By node: its own number for the stream, as long as it takes part. */
  readonly ends: Map<number, StreamId>;
  /** The other end has heard of it. */
  isOpen: boolean;
}

export interface StreamsMemory {
  readonly streams: Map<number, Stream>;
  /** By node: the streams it takes part in, by its own number for them. */
  readonly byNode: readonly Map<StreamId, Stream>[];
  opened: number;
}

export class Streams {
  readonly memory: StreamsMemory;
  readonly #world: WorldPort;
  readonly #connections: Connections;

  constructor(
    world: WorldPort,
    connections: Connections,
    { nodes, memory }: { nodes: number; memory?: StreamsMemory | undefined },
  ) {
    const byNode = Array.from({ length: nodes }, () => new Map());
    this.memory = memory ?? { streams: new Map(), byNode, opened: 0 };
    this.#world = world;
    this.#connections = connections;
  }

  open(
    from: number,
    to: number,
    { id, protocol }: { readonly id: StreamId; readonly protocol?: StreamProtocol | undefined },
  ): void {
    const connection = this.#connections.between(from, to);
    if (connection === undefined) {
      const world = this.#world;
      const input = { kind: "stream-closed", stream: id } as const;
      world.schedule(world.nowUs + 1, { kind: "input", node: from, epoch: world.epochOf(from), input });
      return;
    }
    this.memory.opened += 1;
    const stream: Stream = { number: this.memory.opened, connection, ends: new Map(), isOpen: false };
    this.memory.streams.set(stream.number, stream);
    this.#join(stream, from, id);
    this.#connections.carry(connection, from, {
      carried: { kind: "stream-open", stream: stream.number, ...(protocol && { protocol }) },
      bytes: 0,
    });
  }

  send(from: number, id: StreamId, frame: Uint8Array): void {
    const stream = this.memory.byNode[from]?.get(id);
    if (stream === undefined) return;
    this.#world.counters.message("stream-frame");
    this.#world.counters.bytes.sync += frame.length;
    const carried = { kind: "stream-frame", stream: stream.number, frame } as const;
    this.#connections.carry(stream.connection, from, { carried, bytes: frame.length });
  }

  close(from: number, id: StreamId): void {
    const stream = this.memory.byNode[from]?.get(id);
    if (stream === undefined) return;
    this.#leave(stream, from);
    this.#connections.carry(stream.connection, from, {
      carried: { kind: "stream-close", stream: stream.number },
      bytes: 0,
    });
  }

  arrived({ from, to }: { from: number; to: number }, carried: Carried & { readonly stream: number }): void {
    const stream = this.memory.streams.get(carried.stream);
    if (stream === undefined) return;
    switch (carried.kind) {
      case "stream-open": {
        const id = -stream.number;
        stream.isOpen = true;
        this.#join(stream, to, id);
        const { protocol } = carried;
        const opened = { kind: "stream-opened", stream: id, peer: this.#connections.peer(from) } as const;
        this.#world.deliver(to, { ...opened, ...(protocol && { protocol }) });
        return;
      }
      case "stream-frame": {
        const id = stream.ends.get(to);
        if (id !== undefined)
          this.#world.deliver(to, { kind: "stream-frame", stream: id, frame: carried.frame });
        return;
      }
      case "stream-close":
        this.#closeEnd(stream, to);
        return;
    }
  }

  /** An end of a broken connection loses its streams. */
  lost(connection: Connection, node: number): void {
    for (const stream of Array.from(this.memory.byNode[node]?.values() ?? [])) {
      if (stream.connection === connection) this.#closeEnd(stream, node);
    }
  }

  /** A node that stopped has no streams. */
  forget(node: number): void {
    for (const stream of Array.from(this.memory.byNode[node]?.values() ?? [])) this.#leave(stream, node);
  }

  #closeEnd(stream: Stream, node: number): void {
    const id = stream.ends.get(node);
    if (id === undefined) return;
    this.#leave(stream, node);
    this.#world.deliver(node, { kind: "stream-closed", stream: id });
  }

  #join(stream: Stream, node: number, id: StreamId): void {
    stream.ends.set(node, id);
    this.memory.byNode[node]?.set(id, stream);
  }

  #leave(stream: Stream, node: number): void {
    const id = stream.ends.get(node);
    if (id === undefined) return;
    stream.ends.delete(node);
    this.memory.byNode[node]?.delete(id);
    // A stream whose opening is still on its way must be found when it arrives.
    if (stream.ends.size === 0 && (stream.isOpen || !stream.connection.isUp))
      this.memory.streams.delete(stream.number);
  }
}
