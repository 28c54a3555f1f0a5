/** Ends an exchange with a node in which nothing has moved for a time, however long the whole takes. */

export class Silence {
  readonly limitMs: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
    this.listen();
  }

  /** Aborts what is waited for. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** It was too long. */
  get isOver(): boolean {
    return this.signal.aborted;
  }

  /** From now on it may last as long as the limit. */
  listen(): void {
    clearTimeout(this.#timer);
    if (!this.#isEnded) this.#timer = setTimeout(() => this.#controller.abort(), this.limitMs);
  }

  /** For now nothing is waited for. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  /** Nothing is waited for any more, whatever still moves. */
  end(): void {
    this.#isEnded = true;
    this.rest();
  }
}
