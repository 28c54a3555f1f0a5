// Forks of simulated nodes: a core made from captured memory and a copy of its disk, that lives through the same.

import { createNodeIdentity } from "../../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import type { Effect } from "../../../core/effect.ts";
import type { PeerId } from "../../../core/ids.ts";
import type { Input } from "../../../core/input.ts";
import { copyMemory } from "../../../core/memory.ts";
import { NodeCore, type NodeMemory } from "../../../core/node.ts";
import type { Identity, Now } from "../../../core/ports.ts";
import type { SimCrypto } from "../../../sim/crypto.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import type { SimNode } from "../../../sim/world/sim-node.ts";
import { codec } from "../authors.ts";

/** Remembers the keys it gave out, so that a fork can sign as the node it was taken of. */
export class KeyRing implements SimCrypto {
  readonly crypto = nodeCrypto;
  readonly #identities = new Map<string, Identity>();

  identity(seed: Uint8Array, peer: PeerId): Identity {
    const identity = createNodeIdentity(seed, peer);
    this.#identities.set(peer, identity);
    return identity;
  }

  of(name: string): Identity {
    const identity = this.#identities.get(name);
    if (identity === undefined) throw new Error(`no key of ${name}`);
    return identity;
  }
}

/** While it watches, every key any simulated disk was ever given; a disk itself only answers for exact keys. */
export class DiskKeys {
  readonly #keys = new Map<SimDisk, Set<string>>();
  readonly #append = SimDisk.prototype.append;

  constructor() {
    const [keys, append] = [this.#keys, this.#append];
    SimDisk.prototype.append = function (this: SimDisk, commit): void {
      const known = keys.get(this) ?? new Set();
      keys.set(this, known);
      for (const [key] of commit.writes) known.add(key);
      append.call(this, commit);
    };
  }

  stop(): void {
    SimDisk.prototype.append = this.#append;
  }

  copy(disk: SimDisk): SimDisk {
    const copied = new SimDisk();
    const writes = Array.from(this.#keys.get(disk) ?? []).flatMap((key) => {
      const value = disk.get(key);
      return value === undefined ? [] : [[key, value] as const];
    });
    copied.append({ kind: "commit", writes });
    return copied;
  }
}

interface Lived {
  readonly now: Now;
  readonly input: Input;
  readonly effects: readonly Effect[];
}

/** A node's memory and disk as they were at one moment, and all that happened to it since. */
export class Fork {
  readonly original: NodeCore;
  readonly node: SimNode;
  readonly #memory: NodeMemory;
  readonly #disk: SimDisk;
  readonly #copyDisk: () => SimDisk;
  readonly #identity: Identity;
  readonly #lived: Lived[] = [];

  constructor(node: SimNode, core: NodeCore, { keys, disks }: { keys: KeyRing; disks: DiskKeys }) {
    this.node = node;
    this.original = core;
    this.#memory = core.capture();
    this.#disk = disks.copy(node.disk);
    this.#copyDisk = () => disks.copy(this.#disk);
    this.#identity = keys.of(node.id);
  }

  get length(): number {
    return this.#lived.length;
  }

  /** The node it was taken of, if it still runs, handled an input. */
  record(input: Input, effects: readonly Effect[], now: Now): void {
    this.#lived.push({ now, input, effects });
  }

  /** Lives through the same once more; `check` compares what either did. May be called any number of times. */
  replay(check: (found: readonly Effect[], expected: readonly Effect[]) => void): NodeCore {
    const store = this.#copyDisk();
    const parts = {
      identity: this.#identity,
      authorOf: this.node.authorOf,
      codec,
      store,
      applications: builtInApplications,
      config: this.node.config,
    };
    const core = new NodeCore(parts, copyMemory(this.#memory));
    for (const { now, input, effects } of this.#lived) {
      const found = core.handle(now, input);
      for (const effect of found) if (effect.kind === "commit") store.append(effect);
      check(found, effects);
    }
    return core;
  }
}
