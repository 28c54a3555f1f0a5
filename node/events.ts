/**
 * What happens in contexts, handed to whoever listens. What waits for a listener is bounded: changes of one context
 * are told as one, with the events of all of them; of more events than there is room for it is told how many.
 */

import type { ContextNews } from "../adapters/http/api.ts";
import type { ApplicationEvent, NodeEvent } from "../core/effect.ts";
import type { ContextId } from "../core/ids.ts";

/** Events that wait for a listener, as JSON. */
const waitingCharactersMax = 4 * 1_048_576;

/** Something about how a context is synced changed: look at it. */
export interface SyncChange {
  readonly kind: "sync-changed";
  readonly contextId: ContextId;
}

type Happening = NodeEvent | SyncChange;

interface Waiting {
  /** The last of those told as one, without its events. */
  happening: Happening;
  /** Of all of them; the listener's own. */
  readonly events: ApplicationEvent[];
  characters: number;
}

/** One listener: an endless iterator, until `return` is called on it or the node stops. */
export class Subscription implements AsyncIterableIterator<ContextNews> {
  readonly #isWanted: (happening: Happening) => boolean;
  readonly #ended: (subscription: Subscription) => void;
  /** By kind and context, in the order in which each first happened. */
  readonly #waiting = new Map<string, Waiting>();
  #characters = 0;
  #missed = 0;
  #wake: (() => void) | null = null;
  #isOver = false;

  constructor(isWanted: (happening: Happening) => boolean, ended: (subscription: Subscription) => void) {
    this.#isWanted = isWanted;
    this.#ended = ended;
  }

  /** `characters` is what its events weigh. */
  hear(happening: Happening, characters: number): void {
    if (!this.#isWanted(happening)) return;
    const key = `${happening.kind} ${happening.contextId}`;
    const waiting = this.#waiting.get(key) ?? { happening, events: [], characters: 0 };
    const hasRoom = this.#characters === 0 || this.#characters + characters <= waitingCharactersMax;
    const events = happening.kind === "state-changed" ? happening.events : [];
    waiting.happening = happening;
    this.#waiting.set(key, waiting);
    if (hasRoom) {
      for (const event of events) waiting.events.push(event);
      waiting.characters += characters;
      this.#characters += characters;
    } else this.#missed += events.length;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<ContextNews>> {
    while (this.#waiting.size === 0 && this.#missed === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    for (const [key, { happening, events, characters }] of this.#waiting) {
      this.#waiting.delete(key);
      this.#characters -= characters;
      const value = happening.kind === "state-changed" ? { ...happening, events } : happening;
      return { done: false, value };
    }
    const count = this.#missed;
    this.#missed = 0;
    return count > 0 ? { done: false, value: { kind: "missed", count } } : { done: true, value: undefined };
  }

  /** Nothing more comes; what waits is still given. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async return(): Promise<IteratorResult<ContextNews>> {
    this.#waiting.clear();
    this.#missed = 0;
    this.end();
    this.#ended(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ContextNews> {
    return this;
  }
}

export class Events {
  readonly #subscriptions = new Set<Subscription>();
  #isClosed = false;

  publish(happening: Happening): void {
    if (this.#subscriptions.size === 0) return;
    const hasEvents = happening.kind === "state-changed" && happening.events.length > 0;
    const characters = hasEvents ? JSON.stringify(happening.events).length : 0;
    for (const subscription of this.#subscriptions) subscription.hear(happening, characters);
  }

  subscribe(isWanted: (happening: Happening) => boolean): Subscription {
    const subscription = new Subscription(isWanted, (ended) => this.#subscriptions.delete(ended));
    if (this.#isClosed) subscription.end();
    else this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends every subscription. */
  close(): void {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }
}
