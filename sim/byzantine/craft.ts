/** What an adversary makes false messages with: the node's key, and chance that is part of its memory. */

import { byteString } from "../../core/ids.ts";
import type { Identity } from "../../core/ports.ts";
import type { Codec } from "../../core/wire/codec.ts";
import { mix32 } from "../random.ts";

export interface CraftParts {
  readonly identity: Identity;
  readonly codec: Codec;
  readonly seed: number;
  readonly node: number;
}

export class Craft {
  readonly identity: Identity;
  readonly codec: Codec;
  readonly #parts: CraftParts;
  readonly #memory: { draws: number };

  constructor(parts: CraftParts, memory: { draws: number }) {
    this.identity = parts.identity;
    this.codec = parts.codec;
    this.#parts = parts;
    this.#memory = memory;
  }

  /** A whole number below `count`, which is at least 1. */
  below(count: number): number {
    const { seed, node } = this.#parts;
    this.#memory.draws += 1;
    return mix32(seed, node, this.#memory.draws, 14) % count;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  /** An id that nothing has. */
  id<Id extends string>(length = 32): Id {
    return byteString<Id>(this.bytes(length));
  }

  pick<T>(choices: readonly T[]): T | undefined {
    return choices.length === 0 ? undefined : choices[this.below(choices.length)];
  }
}
