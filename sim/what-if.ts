/**
 * What if: a moment of a run with one thing changed, to go on from. A pure function over snapshots: the run that the
 * moment is of never notices, and the same change of the same moment ends the same.
 */

import { unreachable } from "../core/assert.ts";
import { copyShared } from "./memory.ts";
import type { Plan, PlanFault } from "./plan/plan.ts";
import { worldSeed } from "./random.ts";
import { Simulation } from "./simulation.ts";
import type { Listeners, Snapshot } from "./snapshot.ts";
import { createEventQueue, inOrder, without } from "./world/event-queue.ts";
import type { WorldEvent } from "./world/events.ts";
import type { FaultChange } from "./world/fault-injector.ts";
import type { WorldMemory } from "./world/snapshot.ts";

export type Intervention =
  /** Loses what it had not synced, and comes back after a while. */
  | { readonly kind: "crash"; readonly node: number; readonly forUs: number }
  /** Nothing passes between it and the others for a while. */
  | { readonly kind: "cut"; readonly node: number; readonly forUs: number }
  /** Whatever is wrong now ends. What the plan has for later still comes. */
  | { readonly kind: "heal" }
  /** A message on its way never arrives. `place` is that of `inFlight` for the same snapshot. */
  | { readonly kind: "drop"; readonly place: number };

/** A message on its way. */
export interface InFlight {
  readonly place: number;
  readonly kind: "gossip" | "ihave" | "iwant" | "frame";
  readonly from: number;
  readonly to: number;
  readonly arrivesUs: number;
  /** Of its content; of an offer or a wish the number of messages it names. */
  readonly size: number;
}

/** Messages on their way, in the order in which they will arrive. O(n log n). */
export function inFlight({ world }: Snapshot): readonly InFlight[] {
  return inOrder(world.memory.queue).flatMap(({ event, timeUs: arrivesUs, place }) => {
    const message = messageOf(event);
    return message === null ? [] : [{ ...message, arrivesUs, place }];
  });
}

/** A run that goes on from a moment with something changed. O(memory). */
export function whatIf(
  snapshot: Snapshot,
  intervention: Intervention,
  listeners: Listeners = {},
): Simulation {
  const memory = change(copyShared(snapshot.world.memory), intervention, snapshot);
  const simulation = Simulation.restore({ ...snapshot, world: { ...snapshot.world, memory } }, listeners);
  // What is changed is seen at once, and not only after the next event.
  while (simulation.world.nextTimeUs <= snapshot.timeUs && simulation.step());
  return simulation;
}

function change(memory: WorldMemory, intervention: Intervention, { plan, timeUs }: Snapshot): WorldMemory {
  switch (intervention.kind) {
    case "crash":
    case "cut": {
      const untilUs = timeUs + intervention.forUs;
      const fault = faultOf(intervention, { atUs: timeUs, untilUs });
      schedule(memory, plan, [{ timeUs, fault, on: true }]);
      if (untilUs <= memory.untilUs) schedule(memory, plan, [{ timeUs: untilUs, fault, on: false }]);
      return memory;
    }
    case "heal":
      schedule(
        memory,
        plan,
        wrongNow(memory, plan).map((fault) => ({ timeUs, fault, on: false })),
      );
      return memory;
    case "drop":
      return { ...memory, queue: dropped(memory.queue, intervention.place) };
    default:
      return unreachable(intervention);
  }
}

function faultOf(
  { kind, node }: Extract<Intervention, { kind: "crash" | "cut" }>,
  times: { readonly atUs: number; readonly untilUs: number },
): PlanFault {
  return kind === "crash"
    ? { ...times, kind, nodes: [node], disk: "lose-unsynced" }
    : { ...times, kind: "partition", groups: [[node]] };
}

/** Faults of links and of nodes that are on, and those that keep a node from running. */
function wrongNow({ conditions, faults, nowUs }: WorldMemory, plan: Plan): readonly PlanFault[] {
  const lasting = plan.faults.filter(
    ({ kind, atUs, untilUs }) =>
      (kind === "crash" || kind === "pause" || kind === "clock-drift") &&
      atUs <= nowUs &&
      nowUs < (untilUs ?? Number.POSITIVE_INFINITY),
  );
  return [...conditions.active, ...faults.active, ...lasting];
}

function schedule({ queue, nowUs }: WorldMemory, plan: Plan, changes: readonly FaultChange[]): void {
  const timeUs = changes[0]?.timeUs ?? nowUs;
  createEventQueue(worldSeed(plan), queue).push(timeUs, { kind: "faults", changes: Object.freeze(changes) });
}

/** On a stream nothing is lost alone: a frame that does not arrive as it was breaks the connection. */
function dropped(queue: WorldMemory["queue"], place: number): WorldMemory["queue"] {
  const event = queue.events[place];
  if (event?.kind !== "carried") return without(queue, place);
  return {
    ...queue,
    events: queue.events.map((other, index) => (index === place ? { ...event, isCorrupt: true } : other)),
  };
}

function messageOf(event: WorldEvent): Pick<InFlight, "kind" | "from" | "to" | "size"> | null {
  switch (event.kind) {
    case "gossip": {
      const { from, to, message } = event.copy;
      return { kind: "gossip", from, to, size: message.bytes.length };
    }
    case "ihave":
    case "iwant":
      return { kind: event.kind, from: event.from, to: event.to, size: event.messages.length };
    case "carried": {
      const { connection, direction, carried } = event;
      if (carried.kind !== "stream-frame" || !connection.isUp) return null;
      const [from, to] =
        direction % 2 === 0 ? [connection.low, connection.high] : [connection.high, connection.low];
      return { kind: "frame", from, to, size: carried.frame.length };
    }
    default:
      return null;
  }
}
