/**
 * The requests of one client over one connection, answered one after the other.
 *
 * 1. Once many wait, the connection is read no further until none does. What was read by then still waits: with a
 *    WebSocket, what one read of its socket brought.
 * 2. What waits when the client has gone, or is being hung up on, is never answered, nor executed.
 */

/** Requests that wait while the connection is still read. */
const waitingMax = 64;
const waitingBytesMax = 1_048_576;

export interface QueueOptions<Request> {
  /** Never rejects. */
  readonly answer: (request: Request) => Promise<void>;
  /** False as soon as nobody waits for an answer any more. */
  readonly isOpen: () => boolean;
  readonly pause: () => void;
  readonly resume: () => void;
}

export class RequestQueue<Request> {
  readonly #options: QueueOptions<Request>;
  readonly #waiting: { readonly request: Request; readonly bytes: number }[] = [];
  #waitingBytes = 0;
  #isAnswering = false;

  constructor(options: QueueOptions<Request>) {
    this.#options = options;
  }

  /** `bytes` is what the request weighs. */
  take(request: Request, bytes: number): void {
    this.#waiting.push({ request, bytes });
    this.#waitingBytes += bytes;
    if (this.#waiting.length >= waitingMax || this.#waitingBytes >= waitingBytesMax) this.#options.pause();
    if (!this.#isAnswering) void this.#answerAll();
  }

  async #answerAll(): Promise<void> {
    const { answer, isOpen, resume } = this.#options;
    this.#isAnswering = true;
    for (let next = this.#next(); next !== undefined && isOpen(); next = this.#next())
      await answer(next.request);
    this.#isAnswering = false;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    resume();
  }

  #next() {
    const next = this.#waiting.shift();
    this.#waitingBytes -= next?.bytes ?? 0;
    return next;
  }
}
