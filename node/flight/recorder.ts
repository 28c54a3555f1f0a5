/**
 * Writes a node's flight recording while it runs: into a folder, in files that each can be replayed alone. The two
 * newest stay, so that it can run for ever and always tells of what was last.
 */

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Effect } from "../../core/effect.ts";
import type { Input } from "../../core/input.ts";
import type { NodeCore } from "../../core/node.ts";
import type { Crypto, Identity, Now, StateView } from "../../core/ports.ts";
import { Trace } from "../../core/trace.ts";
import { Failure } from "../failure.ts";
import { type RecordedInput, RecordingFile, type RecordingStart } from "./recording.ts";

export interface RecorderOptions {
  readonly folder: string;
  /** A file that has become larger is followed by another. */
  readonly fileBytesMax: number;
  readonly crypto: Crypto;
  readonly about: Omit<RecordingStart, "memory" | "format">;
  /** A file could not be written: nothing is recorded from then on. Called once at most. */
  readonly failed: (error: unknown) => void;
}

const namePattern = /^\d{6}\.flight$/;
const filesKept = 2;

export class FlightRecorder {
  readonly #options: RecorderOptions;
  #core: NodeCore | null = null;
  #file: RecordingFile | null = null;
  #trace: Trace;
  #digest32 = 0;
  /** Keys whose values the file under way tells. */
  #known = new Set<string>();
  #reads: [key: string, value: Uint8Array | undefined][] = [];
  #signatures: Uint8Array[] = [];
  #number: number;

  /** Makes the folder where there is none. Throws a `Failure` where that cannot be. */
  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#trace = this.#newTrace();
    try {
      mkdirSync(options.folder, { recursive: true });
      this.#number = Math.max(0, ...this.#files().map((name) => Number.parseInt(name, 10)));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Failure("refused", "cannot-record", `--record ${options.folder}: ${why}`, error);
    }
  }

  /** The store, with what the core reads noted. */
  watchStore(store: StateView): StateView {
    return {
      get: (key) => {
        const value = store.get(key);
        if (!this.#known.has(key)) {
          this.#known.add(key);
          this.#reads.push([key, value]);
        }
        return value;
      },
    };
  }

  /** The identity, with what it signs noted. */
  watchIdentity(identity: Identity): Identity {
    return {
      ...identity,
      sign: (message) => {
        const signature = identity.sign(message);
        this.#signatures.push(signature);
        return signature;
      },
    };
  }

  /** From now on all is recorded. The core must be made over what this recorder watches. */
  begin(core: NodeCore): void {
    this.#core = core;
    this.#attempt(() => this.#nextFile());
  }

  handled(now: Now, input: Input, effects: readonly Effect[]): void {
    this.#trace.record(now.monotonicMs * 1_000, 0, [now.wallMs, input, effects]);
    for (const effect of effects)
      if (effect.kind === "commit") for (const [key] of effect.writes) this.#known.add(key);
    this.#add({ now, input, digest32: this.#digest32 });
    if ((this.#file?.size ?? 0) > this.#options.fileBytesMax) this.#attempt(() => this.#nextFile());
  }

  /** The core threw, and nothing follows. */
  threw(now: Now, input: Input): void {
    this.#add({ now, input, digest32: null });
    this.close();
  }

  /** What was recorded so far can be read. */
  flush(): void {
    this.#attempt(() => this.#file?.flush());
  }

  close(): void {
    this.#attempt(() => this.#file?.close());
    this.#file = null;
  }

  /** A recording must not be what ends a node. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#file = null;
      this.#options.failed(error);
    }
  }

  #add(about: Pick<RecordedInput, "now" | "input" | "digest32">): void {
    const record = { ...about, reads: this.#reads, signatures: this.#signatures };
    this.#attempt(() => this.#file?.add(record));
    this.#reads = [];
    this.#signatures = [];
  }

  #nextFile(): void {
    const { folder, about } = this.#options;
    const memory = this.#core?.capture();
    if (memory === undefined) return;
    this.#file?.close();
    this.#number += 1;
    const path = join(folder, `${String(this.#number).padStart(6, "0")}.flight`);
    this.#known = new Set();
    this.#reads = [];
    this.#trace = this.#newTrace();
    this.#file = new RecordingFile(path, { format: "reconverge-flight-1", ...about, memory });
    for (const name of this.#files().slice(0, -filesKept)) rmSync(join(folder, name));
  }

  #files(): readonly string[] {
    return readdirSync(this.#options.folder)
      .filter((name) => namePattern.test(name))
      .sort();
  }

  #newTrace(): Trace {
    return new Trace(this.#options.crypto, ({ digest32 }) => {
      this.#digest32 = digest32;
    });
  }
}
