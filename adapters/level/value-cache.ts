/**
 * The values read or written most recently, bounded in bytes. Two generations: what is used moves to the young
 * one, and when that holds half the bound the old one is forgotten. O(1), without a list to keep in order.
 */

/** What an entry costs besides its key and value, roughly. */
const entryBytes = 100;

export class ValueCache {
  readonly #generationBytesMax: number;
  #young = new Map<string, Uint8Array>();
  #old = new Map<string, Uint8Array>();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#generationBytesMax = bytesMax / 2;
  }

  get(key: string): Uint8Array | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  delete(key: string): void {
    const before = this.#young.get(key);
    if (before !== undefined) this.#youngBytes -= bytesOfEntry(key, before);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  set(key: string, value: Uint8Array): void {
    const before = this.#young.get(key);
    if (before !== undefined) this.#youngBytes -= bytesOfEntry(key, before);
    this.#young.set(key, value);
    this.#youngBytes += bytesOfEntry(key, value);
    if (this.#youngBytes <= this.#generationBytesMax) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

/** What an entry costs in memory, roughly; null stands for a removal. */
export function bytesOfEntry(key: string, value: Uint8Array | null): number {
  return key.length + (value?.length ?? 0) + entryBytes;
}
