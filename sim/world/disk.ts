/**
 * One node's disk: a store that keeps batches in order and makes them durable by syncing. A sync covers every
 * batch that was there when it began. A crash keeps every batch, or loses a suffix of those not yet synced; of a
 * torn batch nothing is kept, as a log with checksums would find.
 */

import type { Commit } from "../../core/effect.ts";
import type { StateView } from "../../core/ports.ts";

export type CrashMode = "keep" | "lose-unsynced" | "torn";

interface Unsynced {
  readonly commit: Commit;
  /** What its keys held before, to take it back. */
  readonly previous: readonly (Uint8Array | undefined)[];
}

export interface DiskMemory {
  readonly entries: Map<string, Uint8Array>;
  /** In the order in which they were appended. */
  readonly unsynced: Unsynced[];
  /** Batches the sync under way covers; 0 when none is. */
  syncing: number;
}

export class SimDisk implements StateView {
  readonly memory: DiskMemory;

  constructor(memory: DiskMemory = { entries: new Map(), unsynced: [], syncing: 0 }) {
    this.memory = memory;
  }

  get(key: string): Uint8Array | undefined {
    return this.memory.entries.get(key);
  }

  get unsyncedCount(): number {
    return this.memory.unsynced.length;
  }

  get isSyncing(): boolean {
    return this.memory.syncing > 0;
  }

  append(commit: Commit): void {
    const previous = commit.writes.map(([key]) => this.memory.entries.get(key));
    for (const [key, value] of commit.writes) this.#set(key, value);
    // Frozen, and so shared by copies: what a commit led to is remembered by the commit itself.
    this.memory.unsynced.push(Object.freeze({ commit, previous }));
  }

  beginSync(): void {
    this.memory.syncing = this.memory.unsynced.length;
  }

  /** Ends the sync under way: how many batches it made durable. */
  endSync(): number {
    const durable = this.memory.syncing;
    this.memory.unsynced.splice(0, durable);
    this.memory.syncing = 0;
    return durable;
  }

  /** How many unsynced batches a crash of this kind takes, given a uniform draw. At most all, for `torn` at least one. */
  countLost(mode: CrashMode, uniform32: number): number {
    const count = this.memory.unsynced.length;
    if (mode === "keep" || count === 0) return 0;
    return mode === "torn" ? 1 + (uniform32 % count) : uniform32 % (count + 1);
  }

  /** Takes back the last batches, newest first; what is left is durable. Gives the batches that are gone. */
  crash(lost: number): readonly Commit[] {
    const gone = lost === 0 ? [] : this.memory.unsynced.splice(-lost);
    for (const { commit, previous } of gone.toReversed()) {
      for (const [index, [key]] of commit.writes.entries()) this.#set(key, previous[index] ?? null);
    }
    this.memory.unsynced.length = 0;
    this.memory.syncing = 0;
    return gone.map(({ commit }) => commit);
  }

  #set(key: string, value: Uint8Array | null): void {
    if (value === null) this.memory.entries.delete(key);
    else this.memory.entries.set(key, value);
  }
}
