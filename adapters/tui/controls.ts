/**
 * What whoever watches has chosen: the pane, a node, how far it is scrolled, what the log shows, what is being typed.
 * The same for a simulation and for live nodes; what concerns only one of them is handed on.
 */

import type { LogFilter } from "../../sim/watch/event-log.ts";
import type { Place } from "./grid.ts";
import { type Action, actionOf, helpOf, hintsOf, type Watched } from "./keys.ts";
import type { PaneName, PaneView } from "./pane-views.ts";
import { PromptLine } from "./prompt-line.ts";
import { nearest } from "./selection.ts";
import type { KeyHint, PromptView } from "./view-model.ts";

/** What is watched, as far as the controls must know it. */
export interface Controlled {
  readonly watched: Watched;
  /** In the order in which they are shown. */
  nodes(): readonly string[];
  /** For going through them. */
  readonly kinds: readonly string[];
  /** The number of the latest event. */
  latestEvent(): number;
  /** How many things the what-if pane offers. */
  optionCount(): number;
  /** Gives what is wrong with the text, or null. */
  goTo(text: string): string | null;
  act(action: Action): void;
}

const pageRows = 10;
const panes: Readonly<Record<Watched, readonly PaneName[]>> = {
  run: ["cluster", "node", "links", "events", "what-if"],
  live: ["cluster", "node", "links", "events"],
};

export class Controls {
  pane: PaneName = "cluster";
  selected: string | null = null;
  scroll = 0;
  /** The option chosen in the what-if pane. */
  chosen = 0;
  filter: LogFilter = { node: null, kind: null, text: "" };
  /** Entries of the log after this are not shown; null while it follows. */
  logUntil: number | null = null;
  /** As last drawn. */
  places: readonly Place[] = [];
  readonly #controlled: Controlled;
  #isHelp = false;
  #prompt: PromptLine | null = null;

  constructor(controlled: Controlled) {
    this.#controlled = controlled;
  }

  get prompt(): PromptView | null {
    return this.#prompt?.view ?? null;
  }

  get hints(): readonly KeyHint[] {
    if (this.#isHelp)
      return [
        { key: "any key", meaning: "back" },
        { key: "↑ ↓", meaning: "scroll" },
      ];
    return hintsOf(this.pane, this.#controlled.watched);
  }

  /** The help, while it is shown in place of a pane. */
  get help(): Extract<PaneView, { kind: "help" }> | null {
    if (!this.#isHelp) return null;
    return { kind: "help", groups: helpOf(this.#controlled.watched), scroll: this.scroll };
  }

  /** The chosen node, or the first. */
  node(): string {
    const nodes = this.#controlled.nodes();
    if (this.selected !== null && nodes.includes(this.selected)) return this.selected;
    return nodes[0] ?? "";
  }

  press(key: string): void {
    const { watched } = this.#controlled;
    if (key === "ctrl-c") return this.#controlled.act("interrupt");
    if (this.#prompt !== null) return this.#type(this.#prompt, key);
    const action = actionOf(key, watched);
    if (this.#isHelp) return this.#pressInHelp(action);
    if (action !== null) this.#perform(action);
  }

  #type(prompt: PromptLine, key: string): void {
    if (prompt.press(key) && this.#prompt === prompt) this.#prompt = null;
  }

  #pressInHelp(action: Action | null): void {
    if (action === "up" || action === "down" || action === "page-up" || action === "page-down")
      return this.#move(action);
    this.#isHelp = false;
    this.scroll = 0;
  }

  #perform(action: Action): void {
    switch (action) {
      case "help":
        this.#isHelp = true;
        this.scroll = 0;
        return;
      case "cluster":
      case "node":
      case "links":
      case "events":
      case "what-if":
        return this.#show(action);
      case "next-pane":
        return this.#turn(1);
      case "previous-pane":
        return this.#turn(-1);
      case "up":
      case "down":
      case "left":
      case "right":
      case "page-up":
      case "page-down":
      case "top":
      case "bottom":
        return this.#move(action);
      case "enter":
        if (this.pane === "what-if") return this.#controlled.act(action);
        this.selected = this.node();
        return this.#show(this.pane === "node" ? "events" : "node");
      case "back":
        this.#controlled.act(action);
        return this.pane === "what-if" ? undefined : this.#show("cluster");
      case "filter-text":
      case "filter-node":
      case "filter-kind":
        this.#show("events");
        return this.#filterBy(action);
      case "go-to":
        this.#prompt = new PromptLine("go to (12.5s, #4096):", "", {
          submit: (text) => this.#controlled.goTo(text),
        });
        return;
      default:
        return this.#controlled.act(action);
    }
  }

  #show(pane: PaneName): void {
    if (pane === this.pane || !panes[this.#controlled.watched].includes(pane)) return;
    this.pane = pane;
    this.scroll = 0;
    this.chosen = 0;
    this.logUntil = null;
    // Who looks for the first time, looks at some node.
    if (pane !== "cluster") this.selected ??= this.node();
  }

  #turn(by: number): void {
    const all = panes[this.#controlled.watched];
    this.#show(all[(all.indexOf(this.pane) + by + all.length) % all.length] ?? "cluster");
  }

  #move(action: "up" | "down" | "left" | "right" | "page-up" | "page-down" | "top" | "bottom"): void {
    if (this.#isHelp) return this.#scrollBy(action);
    if (action === "left" || action === "right") return this.#choose(action);
    switch (this.pane) {
      case "cluster":
        if (action === "up" || action === "down") this.selected = nearest(this.places, this.node(), action);
        else this.selected = this.#nth(action === "top" || action === "page-up" ? 0 : -1);
        return;
      case "events":
        return this.#scrollLog(action);
      case "what-if":
        this.chosen = clamp(this.chosen + stepOf(action), this.#controlled.optionCount() - 1);
        return;
      default:
        return this.#scrollBy(action);
    }
  }

  #choose(action: "left" | "right"): void {
    const nodes = this.#controlled.nodes();
    const isFirst = this.selected === null;
    const at = nodes.indexOf(this.node()) + (isFirst ? 0 : action === "left" ? -1 : 1);
    this.selected = nodes[clamp(at, nodes.length - 1)] ?? null;
    if (this.filter.node !== null) this.filter = { ...this.filter, node: this.selected };
    this.chosen = 0;
  }

  #nth(index: number): string | null {
    return this.#controlled.nodes().at(index) ?? null;
  }

  #scrollBy(action: Action): void {
    this.scroll = Math.max(0, this.scroll + stepOf(action));
  }

  /** Up is back in time; at the bottom it follows again. */
  #scrollLog(action: Action): void {
    this.logUntil ??= this.#controlled.latestEvent();
    this.scroll = Math.max(0, this.scroll - stepOf(action));
    if (action === "bottom" || this.scroll === 0) {
      this.scroll = 0;
      this.logUntil = null;
    }
  }

  #filterBy(action: "filter-text" | "filter-node" | "filter-kind"): void {
    this.scroll = 0;
    this.logUntil = null;
    const { filter } = this;
    if (action === "filter-node") {
      this.filter = { ...filter, node: filter.node === null ? this.node() : null };
    } else if (action === "filter-kind") {
      const { kinds } = this.#controlled;
      const next = filter.kind === null ? 0 : kinds.indexOf(filter.kind) + 1;
      this.filter = { ...filter, kind: kinds[next] ?? null };
    } else {
      this.#prompt = new PromptLine("only with the text:", filter.text, {
        changed: (text) => {
          this.filter = { ...this.filter, text };
        },
      });
    }
  }
}

function stepOf(action: Action): number {
  switch (action) {
    case "up":
      return -1;
    case "down":
      return 1;
    case "page-up":
      return -pageRows;
    case "page-down":
      return pageRows;
    case "top":
      return Number.NEGATIVE_INFINITY;
    case "bottom":
      return Number.MAX_SAFE_INTEGER;
    default:
      return 0;
  }
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, Math.max(0, max)));
}
