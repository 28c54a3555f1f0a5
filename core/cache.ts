/**
 * What was used most recently, bounded by weight. Two generations: what is used moves to the young one, and when
 * that weighs half the bound the old one is forgotten. O(1), without a list to keep in order.
 */

export interface CacheMemory<Value> {
  young: Map<string, Value>;
  old: Map<string, Value>;
  youngWeight: number;
}

export function createCacheMemory<Value>(): CacheMemory<Value> {
  return { young: new Map(), old: new Map(), youngWeight: 0 };
}

export interface CacheBounds<Value> {
  readonly weightMax: number;
  /** What an entry weighs, the same whenever it is asked. */
  readonly weigh: (key: string, value: Value) => number;
}

export class Cache<Value> {
  readonly #memory: CacheMemory<Value>;
  readonly #bounds: CacheBounds<Value>;

  constructor(memory: CacheMemory<Value>, bounds: CacheBounds<Value>) {
    this.#memory = memory;
    this.#bounds = bounds;
  }

  get(key: string): Value | undefined {
    const young = this.#memory.young.get(key);
    if (young !== undefined) return young;
    const old = this.#memory.old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    const memory = this.#memory;
    this.#lighten(key);
    memory.young.set(key, value);
    memory.youngWeight += this.#bounds.weigh(key, value);
    if (memory.youngWeight <= this.#bounds.weightMax / 2) return;
    memory.old = memory.young;
    memory.young = new Map();
    memory.youngWeight = 0;
  }

  delete(key: string): void {
    this.#lighten(key);
    this.#memory.young.delete(key);
    this.#memory.old.delete(key);
  }

  #lighten(key: string): void {
    const before = this.#memory.young.get(key);
    if (before !== undefined) this.#memory.youngWeight -= this.#bounds.weigh(key, before);
  }
}
