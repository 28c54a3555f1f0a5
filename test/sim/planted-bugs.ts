// Bugs to plant in the core, for whoever has to find them and make them small. Each is one method broken the way a
// tired engineer might break it, and depends on nothing but what the method is given.

import type { CausalDelta } from "../../core/dag/delta.ts";
import { Graph } from "../../core/dag/graph.ts";
import { DeltaStore } from "../../core/delta-store/delta-store.ts";
import { Pending } from "../../core/delta-store/pending.ts";
import type { Effect } from "../../core/effect.ts";
import { OwedQueue } from "../../core/owed/queue.ts";
import { SpeechGate } from "../../core/speech-gate.ts";
import type { Entity } from "../../core/state/entity.ts";
import { StateStore } from "../../core/state/state-store.ts";
import { Wanted } from "../../core/sync/wanted.ts";
import { type Breakage, breakage } from "./oracles/broken.ts";

export interface PlantedBug {
  readonly name: string;
  readonly breakages: readonly Breakage[];
}

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "answers before it commits",
    breakages: [
      breakage(
        SpeechGate.prototype,
        "push",
        (push) =>
          function (this: SpeechGate, effects: readonly Effect[]) {
            const isReply = ({ kind }: Effect) => kind === "reply";
            push.call(this, effects.filter(isReply));
            push.call(
              this,
              effects.filter((effect) => !isReply(effect)),
            );
          },
      ),
    ],
  },
  {
    name: "does not wait for the disk",
    breakages: [
      breakage(
        SpeechGate.prototype,
        "push",
        (push) =>
          function (this: SpeechGate, effects: readonly Effect[]) {
            for (const effect of effects) {
              push.call(this, [effect]);
              if (effect.kind === "commit") this.durable(1);
            }
          },
      ),
    ],
  },
  {
    name: "applies a delta without its parents",
    breakages: [
      breakage(
        DeltaStore.prototype,
        "add",
        (add) =>
          function (this: DeltaStore, delta: CausalDelta, turn) {
            const parents = delta.parents.filter((parent) => this.graph.has(parent));
            return add.call(this, parents.length === 0 ? delta : { ...delta, parents }, turn);
          },
      ),
    ],
  },
  {
    name: "keeps the first of two writes of a register",
    breakages: [
      breakage(
        StateStore.prototype,
        "join",
        (join) =>
          function (this: StateStore, entity: Entity) {
            const isRegister = entity.content.type === "register";
            return isRegister && this.byId(entity.id) !== undefined ? 0 : join.call(this, entity);
          },
      ),
    ],
  },
  {
    name: "forgets that it wanted a session",
    breakages: [breakage(Wanted.prototype, "add", () => () => undefined)],
  },
  {
    name: "owes no handler",
    breakages: [breakage(OwedQueue.prototype, "applied", () => () => undefined)],
  },
  {
    name: "loads one delta too few",
    breakages: [
      breakage(
        DeltaStore.prototype,
        "load",
        (load) =>
          function (this: DeltaStore, count: number, turn) {
            return load.call(this, Math.max(1, count - 1), turn);
          },
      ),
    ],
  },
  {
    name: "adopts a state with one delta of its past missing",
    breakages: [
      breakage(
        DeltaStore.prototype,
        "adopt",
        (adopt) =>
          function (this: DeltaStore, history, bodies, turn) {
            return adopt.call(this, history.slice(0, -1), bodies, turn);
          },
      ),
    ],
  },
  {
    name: "leaves out the first of what follows a frontier",
    breakages: [
      breakage(
        Graph.prototype,
        "since",
        (since) =>
          function (this: Graph, frontier) {
            return since.call(this, frontier).slice(1);
          },
      ),
    ],
  },
  {
    name: "releases one of those that waited for a parent",
    breakages: [
      breakage(
        Pending.prototype,
        "release",
        (release) =>
          function (this: Pending, parent) {
            return release.call(this, parent).slice(0, 1);
          },
      ),
    ],
  },
  {
    name: "loses a deletion of what it does not have",
    breakages: [
      breakage(
        StateStore.prototype,
        "join",
        (join) =>
          function (this: StateStore, entity: Entity) {
            const isLost = entity.deleted !== null && this.byId(entity.id) === undefined;
            return isLost ? 0 : join.call(this, entity);
          },
      ),
    ],
  },
];

/** What is broken in one of them, by its name. */
export function breakagesOf(name: string): readonly Breakage[] {
  const found = plantedBugs.find((bug) => bug.name === name);
  if (found === undefined) throw new Error(`no planted bug is called "${name}"`);
  return found.breakages;
}
