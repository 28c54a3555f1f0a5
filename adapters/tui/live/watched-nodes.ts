/** Running nodes while they are watched, each on its own, so that a silent one keeps nobody waiting. */

import type { Hash } from "../../../core/ids.ts";
import { type Controlled, Controls } from "../controls.ts";
import { History } from "../history.ts";
import type { Action } from "../keys.ts";
import { interruptedExitCode } from "../signals.ts";
import { Slots } from "../slots.ts";
import type { NodeView, NoticeView, ViewModel } from "../view-model.ts";
import type { Showing } from "../watch.ts";
import { Asking } from "./asking.ts";
import { askNode, changesOf, type LiveKind, type LiveNode, unheard } from "./live-node.ts";
import { type LiveEntry, livePane } from "./live-panes.ts";
import type { NodeSource } from "./node-source.ts";

const entriesMax = 2_000;
/** The chart shows so much, and begins anew after it. */
const chartUs = 300_000_000;
const digits = 8;
const kinds: readonly LiveKind[] = ["state", "peers", "sync", "life"];

export class WatchedNodes implements Controlled, Showing {
  readonly watched = "live";
  readonly controls: Controls;
  readonly kinds = kinds;
  readonly isOver = false;
  exitCode: number | null = null;
  readonly #sources: readonly NodeSource[];
  readonly #startMs = performance.now();
  #nodes: readonly LiveNode[];
  #entries: readonly LiveEntry[] = [];
  #history = new History(chartUs);
  #chartSinceUs = 0;
  readonly #slots = new Slots();
  #context = 0;
  #notice: NoticeView | null = null;
  readonly #asking: readonly Asking[];

  constructor(sources: readonly NodeSource[]) {
    this.#sources = sources;
    this.#nodes = sources.map(({ url }) => unheard(url));
    this.#asking = sources.map((source) => new Asking(source));
    this.controls = new Controls(this);
  }

  nodes(): readonly string[] {
    return this.#nodes.map(({ name }) => name);
  }

  latestEvent(): number {
    return this.#entries.at(-1)?.number ?? 0;
  }

  optionCount(): number {
    return 0;
  }

  goTo(): string {
    return "live nodes cannot be taken elsewhere in time";
  }

  work(): boolean {
    this.#asking.forEach((asking, index) => {
      if (!asking.isDue(performance.now())) return;
      asking.begin();
      // It never rejects: a node that does not answer is an answer.
      void this.#ask(index);
    });
    return true;
  }

  act(action: Action): void {
    switch (action) {
      case "quit":
        this.exitCode ??= 0;
        return;
      case "interrupt":
        this.exitCode ??= interruptedExitCode;
        return;
      case "next-context":
        this.#context += 1;
        this.#history = new History(chartUs);
        return;
      case "sync-now":
        void this.#order("sync", "syncs now");
        return;
      case "retry-parked":
        void this.#order("retry", "tries parked work again");
        return;
      default:
        return;
    }
  }

  view(): ViewModel {
    const { controls } = this;
    const contexts = this.#contextIds();
    const position = contexts.length === 0 ? 0 : this.#context % contexts.length;
    const contextId = contexts[position] ?? null;
    const standings = this.#nodes.map((node) => ({
      node,
      context: node.contexts.find(({ id }) => id === contextId),
    }));
    const roots = standings.map(({ node, context }) =>
      node.trouble === null && context?.isInitialized === true && context.isMember
        ? (context.root as string as Hash)
        : null,
    );
    const slotOf = this.#slots.assign(roots);
    const nodes = standings.map(({ node, context }, index): NodeView => {
      const root = roots[index] ?? null;
      const slot = root === null ? null : (slotOf.get(root) ?? null);
      const isSelected = node.name === controls.selected;
      if (node.trouble !== null) return { id: node.name, mark: "down", slot, isSelected };
      const isOutside = context === undefined || (context.isInitialized && !context.isMember);
      if (isOutside) return { id: node.name, mark: "outside", slot, isSelected };
      if (!context.isInitialized) return { id: node.name, mark: "joining", slot, isSelected };
      return { id: node.name, mark: node.sessions > 0 ? "syncing" : "up", slot, isSelected };
    });
    const nowUs = (performance.now() - this.#startMs) * 1_000;
    this.#observe(nowUs, new Set(roots.filter((root) => root !== null)).size);
    const selected = nodes.find(({ id }) => id === controls.node());
    return {
      ...{ name: "live nodes", seed: null, description: null, isLive: true, nowUs, untilUs: chartUs },
      pace: { isPaused: false, isBackwards: false, goal: null, limit: 1, reached: 1, eventsPerSecond: null },
      context: { id: contextId ?? "none", position, count: Math.max(1, contexts.length) },
      sides: [{ name: "A", nodes }],
      groups: Array.from(slotOf, ([root, slot]) => ({
        slot,
        root: root.slice(0, digits),
        nodes: roots.filter((other) => other === root).length,
      })).sort((a, b) => a.slot - b.slot),
      ...{
        faults: [],
        faultsMax: 0,
        spans: [],
        violations: this.#alarms(),
        violationsAtUs: [],
        verdict: null,
      },
      rootCounts: this.#history.means(),
      figures: {
        acknowledged: standings.reduce((max, { context }) => Math.max(max, context?.applied ?? 0), 0),
        propagationP50Ms: null,
        pending: standings.reduce((sum, { context }) => sum + (context?.pending ?? 0), 0),
        messagesPerSecond: null,
      },
      pane: livePane({
        controls,
        nodes: this.#nodes,
        contextId,
        slot: selected?.slot ?? null,
        entries: this.#entries,
      }),
      ...{ notice: this.#notice, prompt: controls.prompt, keys: controls.hints },
    };
  }

  async #ask(index: number): Promise<void> {
    const source = this.#sources[index];
    if (source === undefined) return;
    const before = this.#nodes[index] ?? unheard(source.url);
    const asked = await askNode(source, before);
    // Two nodes of one name are told apart by where they are.
    const isTaken = this.#nodes.some((other, at) => at !== index && other.name === asked.name);
    const now = isTaken ? { ...asked, name: `${asked.name}@${new URL(source.url).port}` } : asked;
    this.#nodes = this.#nodes.map((node, at) => (at === index ? now : node));
    for (const { kind, text } of changesOf(before, now)) this.#note(now.name, kind, text);
    this.#asking[index]?.end(performance.now(), now.trouble === null);
  }

  #note(node: string, kind: LiveKind, text: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    const number = this.latestEvent() + 1;
    const entry: LiveEntry = { number, time, node, kind, text, tone: kind === "state" ? "good" : "plain" };
    this.#entries = [...this.#entries, entry].slice(-entriesMax);
  }

  /** Has the chosen node do something with the shown context. */
  async #order(route: string, meaning: string): Promise<void> {
    const name = this.controls.node();
    const index = this.#nodes.findIndex((node) => node.name === name);
    const contexts = this.#contextIds();
    const contextId = contexts[this.#context % Math.max(1, contexts.length)];
    const source = this.#sources[index];
    if (source === undefined || contextId === undefined) return;
    try {
      await source.post(`/admin-api/contexts/${encodeURIComponent(contextId)}/${route}`, {});
      this.#notice = { text: `${name} ${meaning}`, style: "good" };
    } catch (error) {
      this.#notice = {
        text: `${name}: ${error instanceof Error ? error.message : String(error)}`,
        style: "bad",
      };
    }
  }

  /** In the order in which they were first seen on the nodes. */
  #contextIds(): readonly string[] {
    return Array.from(new Set(this.#nodes.flatMap(({ contexts }) => contexts.map(({ id }) => id))));
  }

  #alarms(): readonly string[] {
    return this.#nodes.flatMap(({ name, verdicts }) =>
      verdicts
        .filter(({ areRootsEqual }) => areRootsEqual === false)
        .map(({ peer, context }) => `diverged ${name}: the heads of ${peer} in ${context}, and another root`),
    );
  }

  #observe(nowUs: number, roots: number): void {
    if (nowUs - this.#chartSinceUs > chartUs) {
      this.#chartSinceUs = nowUs;
      this.#history = new History(chartUs);
    }
    this.#history.add(nowUs - this.#chartSinceUs, roots);
  }
}
