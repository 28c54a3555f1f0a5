/**
 * A whole run as a list of steps, for drawing: each input that a node handled, with the step that sent it, what came
 * of it, and what changed for the cluster. Gathered from outside, by listening.
 *
 * 1. A message and its cause are joined by the bytes themselves: the simulated network hands on what was sent.
 * 2. A gossip message comes from where its relayer first had it to say; asked for later, it still does.
 */

import { type DeltaId, toHex } from "../../core/ids.ts";
import type { Violation } from "../oracles/oracles.ts";
import type { Plan } from "../plan/plan.ts";
import type { SimulationResult } from "../result.ts";
import type { Simulation, SimulationEvent } from "../simulation.ts";
import { nameAmong } from "../world/sim-node.ts";
import { Causes } from "./causes.ts";
import { describeStep } from "./describe.ts";
import { turnsSession } from "./sync-words.ts";

export interface Step {
  /** The number of the world's event. */
  readonly event: number;
  readonly timeUs: number;
  readonly node: number;
  readonly kind: SimulationEvent["input"]["kind"];
  /** What was handled and what came of it, in a few words. */
  readonly label: string;
  /** The step in which another node sent it; -1 where none did. */
  readonly cause: number;
  /** Whether it changed what the node keeps. */
  readonly isCommit: boolean;
  /** Whether it began or ended a sync session, or chose its protocol. */
  readonly isSession: boolean;
}

export interface HistoryDelta {
  readonly id: string;
  readonly context: string;
  readonly author: number;
  /** Positions in the list of deltas; those that no body told of are left out. */
  readonly parents: readonly number[];
  /** In which it was first kept. */
  readonly step: number;
  readonly kind: string;
}

/** What is true from a step on. */
export interface Sample {
  readonly timeUs: number;
  /** Deltas that wait for their parents, over all nodes. */
  readonly pending: number;
  /** Of the context with most: different sets of heads that its members stand on. */
  readonly distinctHeads: number;
}

export interface History {
  readonly plan: Plan;
  readonly steps: readonly Step[];
  readonly deltas: readonly HistoryDelta[];
  readonly samples: readonly Sample[];
  readonly violations: readonly Violation[];
  readonly result: SimulationResult;
  /** By node: deltas that it lacks at the end, of contexts that it keeps; null for one that is not up. */
  readonly lacks: readonly (readonly number[] | null)[];
}

export class Historian {
  readonly #steps: Step[] = [];
  readonly #deltas: HistoryDelta[] = [];
  readonly #positions = new Map<string, number>();
  readonly #samples: Sample[] = [];
  readonly #pending = new Map<number, number>();
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #causes: Causes;
  #simulation: Simulation | null = null;

  constructor(plan: Plan) {
    this.#indexes = new Map(plan.nodes.map(({ id }, index) => [id, index]));
    this.#causes = new Causes(this.#indexes);
  }

  /** To be told of every event of the run. */
  readonly onEvent = (event: SimulationEvent): void => {
    const node = this.#indexes.get(event.node) ?? 0;
    const cause = this.#causes.of(event, { node, step: this.#steps.length });
    const kept = this.#simulation === null ? 0 : this.#keep(event, node, this.#simulation);
    const isCommit = event.effects.some(({ kind }) => kind === "commit");
    const { event: number, timeUs, input } = event;
    const nodes = this.#simulation?.world.nodes ?? [];
    const label = describeStep(event, kept, (author) => nameAmong(nodes, author));
    const isSession = turnsSession(event.effects);
    this.#steps.push({ event: number, timeUs, node, kind: input.kind, label, cause, isCommit, isSession });
    if (isCommit && this.#simulation !== null) this.#sample(timeUs, node, this.#simulation);
  };

  /** The run that is listened to, before its first step. */
  watch(simulation: Simulation): void {
    this.#simulation = simulation;
  }

  /** After the run has ended. */
  history(simulation: Simulation): History {
    const result = simulation.finish();
    return {
      ...{ plan: simulation.plan, steps: this.#steps, deltas: this.#deltas, samples: this.#samples },
      ...{ violations: result.violations, result, lacks: this.#lacks(simulation) },
    };
  }

  /** Notes the deltas that a turn keeps; how many there are. */
  #keep({ effects }: SimulationEvent, node: number, { world }: Simulation): number {
    let count = 0;
    for (const effect of effects) {
      if (effect.kind !== "commit") continue;
      for (const [key, sealed] of effect.writes) {
        if (key[0] !== "d" || sealed === null) continue;
        count += 1;
        const id = key.slice(1);
        if (!this.#positions.has(id)) this.#add(id, { sealed, node, world });
      }
    }
    return count;
  }

  #add(
    id: string,
    { sealed, node, world }: { sealed: Uint8Array; node: number; world: Simulation["world"] },
  ): void {
    const delta = world.codec.openDelta(sealed);
    if (delta.kind === "fault") return;
    const contexts = Array.from(world.contextIds);
    const [context = ""] = contexts.find(([, contextId]) => contextId === delta.contextId) ?? [];
    const author = world.nodes.findIndex((each) => each.author === delta.author);
    this.#positions.set(id, this.#deltas.length);
    this.#deltas.push({
      ...{ id: toHex(id), context, author: author === -1 ? node : author, kind: delta.content.kind },
      parents: delta.parents.flatMap((parent) => this.#positions.get(parent) ?? []),
      step: this.#steps.length,
    });
  }

  #sample(timeUs: number, node: number, { world, overall }: Simulation): void {
    const replicas = Array.from(world.nodes[node]?.core?.replicas().values() ?? []);
    this.#pending.set(
      node,
      replicas.reduce((sum, { deltas }) => sum + deltas.pending.count, 0),
    );
    const pending = Array.from(this.#pending.values()).reduce((sum, count) => sum + count, 0);
    const distinctHeads = overall.groupCount();
    const last = this.#samples.at(-1);
    if (last?.pending === pending && last.distinctHeads === distinctHeads) return;
    this.#samples.push({ timeUs, pending, distinctHeads });
  }

  #lacks({ world }: Simulation): readonly (readonly number[] | null)[] {
    const ids = Array.from(this.#positions.keys()) as DeltaId[];
    return world.nodes.map(({ core }) => {
      if (core === null) return null;
      return ids.flatMap((id, position) => {
        const contextId = world.contextIds.get(this.#deltas[position]?.context ?? "");
        const replica = contextId === undefined ? undefined : core.replicas().get(contextId);
        return replica === undefined || replica.deltas.graph.has(id) ? [] : [position];
      });
    });
  }
}
