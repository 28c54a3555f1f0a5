/** Looks at a run again and again, and remembers what a single look cannot tell: colours, speeds, history. */

import { present } from "../../core/assert.ts";
import { type ContextId, toHex } from "../../core/ids.ts";
import type { SimulationResult } from "../../sim/result.ts";
import type { Simulation } from "../../sim/simulation.ts";
import { type CutFamily, currentFamily, cutFamilies, sideNames } from "./cuts.ts";
import { currentFaults, faultSpans, faultsMaxOf } from "./faults.ts";
import { History } from "./history.ts";
import { Rate } from "./rate.ts";
import { countMessages, countPending, countRoots, type NodeSample, sampleNodes } from "./sample.ts";
import { Slots } from "./slots.ts";
import type {
  ContextView,
  GroupView,
  NodeView,
  PaceView,
  SideView,
  SpanView,
  ViewModel,
} from "./view-model.ts";

/** When a look is taken: on the viewer's own clock, and in virtual time. */
export interface Moment {
  readonly realMs: number;
  readonly nowUs: number;
  /** When the run ends, as far as that is known. */
  readonly endUs: number;
}

const speedWindowMs = 1_000;
const messagesWindowUs = 2_000_000;
const rootDigits = 8;

/** One context as it is watched. */
interface WatchedContext {
  readonly id: string;
  readonly contextId: ContextId;
  readonly slots: Slots;
  readonly history: History;
}

/** What of a view only whoever watches decides. */
export interface Chosen {
  readonly pace: Pick<PaceView, "isPaused" | "isBackwards" | "goal" | "limit">;
  readonly selected: string | null;
}

/** All of a view but what the controls add. */
export type RunView = Omit<ViewModel, "pane" | "notice" | "prompt" | "keys" | "violationsAtUs">;

interface ViewerOptions {
  readonly description: string | null;
  /** Who looked at the run that this one was made of, and until when the two are the same. */
  readonly before?: Viewer | null;
  readonly untilUs?: number;
}

/** A node that lacks so many deltas of those that some node on its side has, is lagging. */
const laggingDeltas = 8;

export class Viewer {
  readonly #description: string | null;
  readonly #contexts: readonly WatchedContext[];
  readonly #families: readonly CutFamily[];
  readonly #spans: readonly SpanView[];
  readonly #faultsMax: number;
  readonly #virtualUs = new Rate(speedWindowMs);
  readonly #events = new Rate(speedWindowMs);
  readonly #messages = new Rate(messagesWindowUs);
  #position = 0;

  constructor({ plan, world }: Simulation, { description, before = null, untilUs = 0 }: ViewerOptions) {
    this.#description = description;
    this.#contexts = plan.contexts.map(({ id }, index) => ({
      id,
      contextId: present(world.contextIds.get(id), "a context"),
      slots: new Slots(),
      history: before === null ? new History(plan.untilUs) : before.#historyUntil(index, untilUs),
    }));
    this.#position = before === null ? 0 : before.#position;
    this.#families = cutFamilies(plan);
    this.#spans = faultSpans(plan);
    this.#faultsMax = faultsMaxOf(plan);
  }

  /** The context that is shown. */
  get contextId(): ContextId {
    return this.#watched().contextId;
  }

  /** Shows the next of several contexts. */
  showNextContext(): void {
    this.#position = (this.#position + 1) % this.#contexts.length;
  }

  /** Speeds are measured anew, as after a pause, or a leap. */
  restartSpeeds(): void {
    this.#virtualUs.restart();
    this.#events.restart();
    this.#messages.restart();
  }

  /** Notes what may be over before the next frame. O(nodes × contexts). */
  observe(simulation: Simulation, { nowUs }: Pick<Moment, "nowUs">): void {
    for (const { contextId, history } of this.#contexts)
      history.add(nowUs, countRoots(simulation, contextId));
  }

  /** Ids in the order in which they are shown. */
  order({ plan }: Simulation, nowUs: number): readonly string[] {
    const { sides } = currentFamily(this.#families, nowUs);
    return sides.flatMap(({ nodes }) => nodes.flatMap((node) => plan.nodes[node]?.id ?? []));
  }

  view(simulation: Simulation, { realMs, nowUs, endUs }: Moment, { pace, selected }: Chosen): RunView {
    const { plan, world, acknowledged, propagation, violations } = simulation;
    this.#virtualUs.add(realMs, nowUs);
    this.#events.add(realMs, world.events);
    this.#messages.add(nowUs, countMessages(simulation));
    const { contextId, slots, history } = this.#watched();
    const samples = sampleNodes(simulation, contextId);
    const slotOf = slots.assign(samples.map(({ root }) => root));
    const nodes = samples.map(({ mark, root }, index): NodeView => {
      const { id } = world.node(index);
      const slot = root === null ? null : (slotOf.get(root) ?? null);
      return { id, mark, slot, isSelected: id === selected };
    });
    return {
      name: plan.name,
      seed: plan.seed,
      description: this.#description,
      nowUs,
      untilUs: endUs,
      isLive: false,
      pace: {
        ...pace,
        reached: scaled(this.#virtualUs.perUnit(), 1 / 1_000),
        eventsPerSecond: scaled(this.#events.perUnit(), 1_000),
      },
      context: this.#contextView(),
      sides: sidesOf(currentFamily(this.#families, nowUs), { nodes, samples, nowUs }),
      groups: groupsOf(samples, slotOf),
      faults: currentFaults(plan, nowUs),
      faultsMax: this.#faultsMax,
      spans: this.#spans,
      rootCounts: history.means(endUs),
      figures: {
        acknowledged,
        propagationP50Ms: propagation.recentMedianMs(),
        pending: countPending(simulation),
        messagesPerSecond: scaled(this.#messages.perUnit(), 1_000_000),
      },
      violations: violations.map(
        ({ oracle, node, message }) => `${oracle}${node === null ? "" : ` ${node}`}: ${message}`,
      ),
      verdict: null,
    };
  }

  #historyUntil(context: number, timeUs: number): History {
    return present(this.#contexts[context], "a context").history.until(timeUs);
  }

  #watched(): WatchedContext {
    return present(this.#contexts[this.#position], "the shown context");
  }

  #contextView(): ContextView {
    return { id: this.#watched().id, position: this.#position, count: this.#contexts.length };
  }
}

/** The last view of a run that has ended: its figures are those of the whole run. */
export function concluded<View extends RunView>(view: View, result: SimulationResult): View {
  const { outcome, convergedAtMs, propagationMs, messages, virtualMs } = result;
  const when = convergedAtMs === null ? "" : `, converged at ${(convergedAtMs / 1_000).toFixed(1)} s`;
  const isPassed = outcome === "passed";
  const sent = Object.values(messages).reduce((sum, count) => sum + count, 0);
  return {
    ...view,
    nowUs: virtualMs * 1_000,
    figures: {
      ...view.figures,
      propagationP50Ms: propagationMs.p50,
      messagesPerSecond: virtualMs === 0 ? null : (sent / virtualMs) * 1_000,
    },
    verdict: { isPassed, text: isPassed ? `passed${when}` : `FAILED (${outcome})` },
  };
}

function sidesOf(
  family: CutFamily,
  about: {
    readonly nodes: readonly NodeView[];
    readonly samples: readonly NodeSample[];
    readonly nowUs: number;
  },
): readonly SideView[] {
  const names = sideNames(family, about.nowUs);
  return family.sides.map((side, index) => {
    const most = side.nodes.reduce((max, node) => Math.max(max, about.samples[node]?.applied ?? 0), 0);
    const isLagging = (node: number) => most - (about.samples[node]?.applied ?? 0) >= laggingDeltas;
    return {
      name: names[index] ?? "",
      nodes: side.nodes.flatMap((node) => {
        const view = about.nodes[node];
        if (view === undefined) return [];
        return view.mark === "up" && isLagging(node) ? { ...view, mark: "lagging" as const } : view;
      }),
    };
  });
}

function groupsOf(samples: readonly NodeSample[], slotOf: ReadonlyMap<string, number>): readonly GroupView[] {
  const nodes = new Map<string, number>();
  for (const { root } of samples) if (root !== null) nodes.set(root, (nodes.get(root) ?? 0) + 1);
  return [...nodes]
    .map(([root, count]) => ({
      slot: slotOf.get(root) ?? 0,
      root: toHex(root.slice(0, rootDigits / 2)),
      nodes: count,
    }))
    .sort((a, b) => a.slot - b.slot);
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}
