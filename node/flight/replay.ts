/** Takes a core through a flight recording, and compares what it does with what it did. */

import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { publicKeyOfPeer } from "../../adapters/libp2p/peer-name.ts";
import type { Application } from "../../core/app/application.ts";
import type { Effect } from "../../core/effect.ts";
import type { AuthorId, PeerId } from "../../core/ids.ts";
import { copyMemory } from "../../core/memory.ts";
import { NodeCore } from "../../core/node.ts";
import type { Identity, StateView } from "../../core/ports.ts";
import { Trace } from "../../core/trace.ts";
import { createCodec } from "../../core/wire/codec.ts";
import type { RecordedInput, Recording } from "./recording.ts";

export interface ReplayResult {
  /** Inputs that were handled. */
  readonly handled: number;
  /** Of all of them: 64 hexadecimal digits. */
  readonly digest: string;
  /** The number, from 1, of the first input of which something else came; null when all was the same. */
  readonly differsAt: number | null;
  /** What the core threw at the last input handled. */
  readonly threw: Error | null;
  readonly core: NodeCore;
}

/** Handles the first `count` inputs, or all up to the first that differs. */
export function replay(
  { start, inputs }: Recording,
  {
    applications,
    count = inputs.length,
  }: { readonly applications: readonly Application[]; readonly count?: number },
): ReplayResult {
  const store = new ReplayedStore();
  const identity = new ReplayedIdentity(start.author as AuthorId, start.peer as PeerId);
  const codec = createCodec(nodeCrypto);
  const core = new NodeCore(
    { identity, authorOf: publicKeyOfPeer, codec, store, applications, config: start.config },
    copyMemory(start.memory),
  );
  let digest32 = 0;
  const trace = new Trace(nodeCrypto, (event) => {
    digest32 = event.digest32;
  });
  let [handled, differsAt, threw]: [number, number | null, Error | null] = [0, null, null];
  for (const record of inputs.slice(0, count)) {
    handled += 1;
    store.learn(record);
    identity.signatures = [...record.signatures];
    const effects = attempt(() => core.handle(record.now, record.input));
    if (effects instanceof Error) threw = effects;
    else trace.record(record.now.monotonicMs * 1_000, 0, [record.now.wallMs, record.input, effects]);
    if ((threw === null ? digest32 : null) !== record.digest32) differsAt = handled;
    if (effects instanceof Error || differsAt !== null) break;
    store.write(effects);
  }
  return { handled, digest: trace.hash(), differsAt, threw, core };
}

function attempt(handle: () => Effect[]): Effect[] | Error {
  try {
    return handle();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

/** What was read of the store and written to it, as far as the recording has come. */
class ReplayedStore implements StateView {
  readonly #entries = new Map<string, Uint8Array | undefined>();

  get(key: string): Uint8Array | undefined {
    return this.#entries.get(key);
  }

  learn({ reads }: RecordedInput): void {
    for (const [key, value] of reads) this.#entries.set(key, value);
  }

  write(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind !== "commit") continue;
      for (const [key, value] of effect.writes) this.#entries.set(key, value ?? undefined);
    }
  }
}

/** Signs as it signed when it was recorded; anything else signed would differ before its signature matters. */
class ReplayedIdentity implements Identity {
  readonly author: AuthorId;
  readonly peer: PeerId;
  signatures: Uint8Array[] = [];

  constructor(author: AuthorId, peer: PeerId) {
    this.author = author;
    this.peer = peer;
  }

  sign(): Uint8Array {
    return this.signatures.shift() ?? new Uint8Array(64);
  }
}
