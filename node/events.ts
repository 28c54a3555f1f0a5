/** What happens in contexts, handed to whoever listens: each listener has a bounded queue of its own. */

import type { NodeEvent } from "../core/effect.ts";

/** Events that may wait for a listener. */
const waitingMax = 1_000;

export type Heard =
  | NodeEvent
  /** So many before this one were not kept, as the listener was slow: look at the state itself. */
  | { readonly kind: "missed"; readonly count: number };

/** One listener: an endless iterator, until `return` is called on it or the node stops. */
export class Subscription implements AsyncIterableIterator<Heard> {
  readonly #isWanted: (event: NodeEvent) => boolean;
  readonly #ended: (subscription: Subscription) => void;
  readonly #waiting: NodeEvent[] = [];
  #missed = 0;
  #wake: (() => void) | null = null;
  #isOver = false;

  constructor(isWanted: (event: NodeEvent) => boolean, ended: (subscription: Subscription) => void) {
    this.#isWanted = isWanted;
    this.#ended = ended;
  }

  hear(event: NodeEvent): void {
    if (!this.#isWanted(event)) return;
    if (this.#waiting.length < waitingMax) this.#waiting.push(event);
    else this.#missed += 1;
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Heard>> {
    while (this.#waiting.length === 0 && this.#missed === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#waiting.shift();
    if (event !== undefined) return { done: false, value: event };
    const count = this.#missed;
    this.#missed = 0;
    return count > 0 ? { done: false, value: { kind: "missed", count } } : { done: true, value: undefined };
  }

  /** Nothing more comes; what waits is still given. */
  end(): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async return(): Promise<IteratorResult<Heard>> {
    this.#waiting.length = 0;
    this.#missed = 0;
    this.end();
    this.#ended(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Heard> {
    return this;
  }
}

export class Events {
  readonly #subscriptions = new Set<Subscription>();

  publish(event: NodeEvent): void {
    for (const subscription of this.#subscriptions) subscription.hear(event);
  }

  subscribe(isWanted: (event: NodeEvent) => boolean): Subscription {
    const subscription = new Subscription(isWanted, (ended) => this.#subscriptions.delete(ended));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Ends every subscription. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }
}
