/**
 * One node's disk: a store that keeps batches in order and makes them durable by syncing. A sync covers every
 * batch that was there when it began. A crash keeps every batch, or loses a suffix of those not yet synced; of a
 * torn batch nothing is kept, as a log with checksums would find. It may also come back as an earlier copy, or empty.
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
  unsynced: Unsynced[];
  unsyncedBytes: number;
  /** Batches the sync under way covers; 0 when none is. */
  syncing: number;
  /** Durable batches since the first copy was made; null before. */
  sinceCopy: Unsynced[] | null;
  /** By the name of a copy: how many of these it holds. */
  readonly copies: Map<string, number>;
}

function createDiskMemory(): DiskMemory {
  const nothing = { unsynced: [], unsyncedBytes: 0, syncing: 0, sinceCopy: null };
  return { ...nothing, entries: new Map(), copies: new Map() };
}

export class SimDisk implements StateView {
  readonly memory: DiskMemory;

  constructor(memory: DiskMemory = createDiskMemory()) {
    this.memory = memory;
  }

  get(key: string): Uint8Array | undefined {
    return this.memory.entries.get(key);
  }

  get unsyncedCount(): number {
    return this.memory.unsynced.length;
  }

  get unsyncedBytes(): number {
    return this.memory.unsyncedBytes;
  }

  get isSyncing(): boolean {
    return this.memory.syncing > 0;
  }

  append(commit: Commit): void {
    const previous = commit.writes.map(([key]) => this.memory.entries.get(key));
    for (const [key, value] of commit.writes) this.#set(key, value);
    // Frozen, and so shared by copies: what a commit led to is remembered by the commit itself.
    this.memory.unsynced.push(Object.freeze({ commit, previous }));
    this.memory.unsyncedBytes += bytesOf(commit);
  }

  beginSync(): void {
    this.memory.syncing = this.memory.unsynced.length;
  }

  /** Ends the sync under way: how many batches it made durable. */
  endSync(): number {
    const durable = this.memory.syncing;
    const batches = this.memory.unsynced.splice(0, durable);
    for (const { commit } of batches) this.memory.unsyncedBytes -= bytesOf(commit);
    this.memory.sinceCopy?.push(...batches);
    this.memory.syncing = 0;
    return durable;
  }

  /** How many unsynced batches a crash of this kind takes, given a uniform draw. At most all, for `torn` at least one. */
  countLost(mode: CrashMode, uniform32: number): number {
    const count = this.memory.unsynced.length;
    if (mode === "keep" || count === 0) return 0;
    return mode === "torn" ? 1 + (uniform32 % count) : uniform32 % (count + 1);
  }

  /** Would a crash now lose what was put under a key? A removal that it would lose takes nothing. O(unsynced). */
  isUnsynced(key: string): boolean {
    const puts = (writes: Commit["writes"]) => writes.some(([put, value]) => put === key && value !== null);
    return this.memory.unsynced.some(({ commit }) => puts(commit.writes));
  }

  /** Keeps what is durable now, for `rollback`. */
  backUp(name: string): void {
    this.memory.sinceCopy ??= [];
    this.memory.copies.set(name, this.memory.sinceCopy.length);
  }

  /** Comes back as the copy was: gives the batches that are gone, in order. Later copies are gone with them. */
  rollback(name: string): readonly Commit[] {
    const unsynced = this.crash(this.memory.unsynced.length);
    const kept = this.memory.copies.get(name) ?? 0;
    const gone = this.memory.sinceCopy?.splice(kept) ?? [];
    this.#takeBack(gone);
    for (const [other, length] of this.memory.copies) this.memory.copies.set(other, Math.min(length, kept));
    return [...gone.map(({ commit }) => commit), ...unsynced];
  }

  /** Nothing is left, of copies neither. */
  wipe(): void {
    this.crash(0);
    this.memory.entries.clear();
    for (const name of this.memory.copies.keys()) this.memory.copies.set(name, 0);
    this.memory.sinceCopy?.splice(0);
  }

  /** Takes back the last batches, newest first; what is left is durable. Gives the batches that are gone. */
  crash(lost: number): readonly Commit[] {
    const gone = lost === 0 ? [] : this.memory.unsynced.splice(-lost);
    this.#takeBack(gone);
    this.memory.sinceCopy?.push(...this.memory.unsynced);
    this.memory.unsynced = [];
    this.memory.unsyncedBytes = 0;
    this.memory.syncing = 0;
    return gone.map(({ commit }) => commit);
  }

  #takeBack(batches: readonly Unsynced[]): void {
    for (const { commit, previous } of batches.toReversed()) {
      for (const [index, [key]] of commit.writes.entries()) this.#set(key, previous[index] ?? null);
    }
  }

  #set(key: string, value: Uint8Array | null): void {
    if (value === null) this.memory.entries.delete(key);
    else this.memory.entries.set(key, value);
  }
}

function bytesOf({ writes }: Commit): number {
  return writes.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
}
