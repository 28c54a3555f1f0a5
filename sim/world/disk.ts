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

export class SimDisk implements StateView {
  readonly #entries = new Map<string, Uint8Array>();
  #unsynced: Unsynced[] = [];
  #unsyncedBytes = 0;
  /** Batches the sync under way covers; 0 when none is. */
  #syncing = 0;
  /** Durable batches since the first copy was made; null before. */
  #sinceCopy: Unsynced[] | null = null;
  /** By the name of a copy: how many of these it holds. */
  readonly #copies = new Map<string, number>();

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key);
  }

  get unsyncedCount(): number {
    return this.#unsynced.length;
  }

  get unsyncedBytes(): number {
    return this.#unsyncedBytes;
  }

  get isSyncing(): boolean {
    return this.#syncing > 0;
  }

  append(commit: Commit): void {
    const previous = commit.writes.map(([key]) => this.#entries.get(key));
    for (const [key, value] of commit.writes) this.#set(key, value);
    this.#unsynced.push({ commit, previous });
    this.#unsyncedBytes += bytesOf(commit);
  }

  beginSync(): void {
    this.#syncing = this.#unsynced.length;
  }

  /** Ends the sync under way: how many batches it made durable. */
  endSync(): number {
    const durable = this.#syncing;
    const batches = this.#unsynced.splice(0, durable);
    for (const { commit } of batches) this.#unsyncedBytes -= bytesOf(commit);
    this.#sinceCopy?.push(...batches);
    this.#syncing = 0;
    return durable;
  }

  /** How many unsynced batches a crash of this kind takes, given a uniform draw. At most all, for `torn` at least one. */
  countLost(mode: CrashMode, uniform32: number): number {
    const count = this.#unsynced.length;
    if (mode === "keep" || count === 0) return 0;
    return mode === "torn" ? 1 + (uniform32 % count) : uniform32 % (count + 1);
  }

  /** Would a crash now lose what was last written under a key? O(unsynced). */
  isUnsynced(key: string): boolean {
    return this.#unsynced.some(({ commit }) => commit.writes.some(([written]) => written === key));
  }

  /** Keeps what is durable now, for `rollback`. */
  backUp(name: string): void {
    this.#sinceCopy ??= [];
    this.#copies.set(name, this.#sinceCopy.length);
  }

  /** Comes back as the copy was: gives the batches that are gone, in order. Later copies are gone with them. */
  rollback(name: string): readonly Commit[] {
    const unsynced = this.crash(this.#unsynced.length);
    const kept = this.#copies.get(name) ?? 0;
    const gone = this.#sinceCopy?.splice(kept) ?? [];
    this.#takeBack(gone);
    for (const [other, length] of this.#copies) this.#copies.set(other, Math.min(length, kept));
    return [...gone.map(({ commit }) => commit), ...unsynced];
  }

  /** Nothing is left, of copies neither. */
  wipe(): void {
    this.crash(0);
    this.#entries.clear();
    for (const name of this.#copies.keys()) this.#copies.set(name, 0);
    this.#sinceCopy?.splice(0);
  }

  /** Takes back the last batches, newest first; what is left is durable. Gives the batches that are gone. */
  crash(lost: number): readonly Commit[] {
    const gone = lost === 0 ? [] : this.#unsynced.splice(-lost);
    this.#takeBack(gone);
    this.#sinceCopy?.push(...this.#unsynced);
    this.#unsynced = [];
    this.#unsyncedBytes = 0;
    this.#syncing = 0;
    return gone.map(({ commit }) => commit);
  }

  #takeBack(batches: readonly Unsynced[]): void {
    for (const { commit, previous } of batches.toReversed()) {
      for (const [index, [key]] of commit.writes.entries()) this.#set(key, previous[index] ?? null);
    }
  }

  #set(key: string, value: Uint8Array | null): void {
    if (value === null) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }
}

function bytesOf({ writes }: Commit): number {
  return writes.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
}
