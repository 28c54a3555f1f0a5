/** Ends an exchange with a node in which nothing has moved for a time, however long the whole takes. */

export class Silence {
  readonly limitMs: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

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
  listen = (): void => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.limitMs);
  };

  /** Nothing is waited for. */
  rest(): void {
    clearTimeout(this.#timer);
  }
}
