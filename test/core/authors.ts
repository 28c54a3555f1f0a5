// Deltas made by hand: whoever signs, whatever they say.

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import type { CausalDelta, DeltaContent, DeltaDraft } from "../../core/dag/delta.ts";
import type { ApplicationEvent } from "../../core/effect.ts";
import type { Fault } from "../../core/fault.ts";
import type { Hlc } from "../../core/hlc.ts";
import { type AuthorId, byteString, type ContextId, type Incarnation, type PeerId } from "../../core/ids.ts";
import type { Member, Role } from "../../core/members/membership.ts";
import type { Crypto, Identity } from "../../core/ports.ts";
import type { Action, ActionOf } from "../../core/state/action.ts";
import { type Codec, createCodec } from "../../core/wire/codec.ts";
import { sealDelta } from "../../core/wire/delta-codec.ts";

export const codec = createCodec(nodeCrypto);

/** The same name gives the same key. */
export function identityOf(name: string): Identity {
  return createNodeIdentity(hashOf(name), name as PeerId);
}

export function hashOf(text: string): Uint8Array {
  return nodeCrypto.sha256(new TextEncoder().encode(text));
}

/** Hashes as always, and believes every signature: for tests about thousands of deltas. */
export const trustingCrypto: Crypto = { ...nodeCrypto, verify: () => true };
export const trustingCodec = createCodec(trustingCrypto);

/** Signs nothing; for use with the trusting codec. */
export function unsigned(name: string): Identity {
  return {
    author: byteString<AuthorId>(hashOf(name)),
    peer: name as PeerId,
    sign: () => new Uint8Array(64),
  };
}

export const incarnation = byteString<Incarnation>(new Uint8Array(8).fill(7));
export const nonce = byteString(new Uint8Array(16).fill(9));

/** Of a context in which anyone may write. */
export const openGenesis = {
  kind: "genesis",
  nonce,
  members: [],
  others: "member",
  retentionMs: null,
} as const;

/** The key that the peer of a name has. */
export function authorOf(peer: PeerId): AuthorId {
  const known = authors.get(peer) ?? identityOf(peer).author;
  authors.set(peer, known);
  return known;
}
const authors = new Map<PeerId, AuthorId>();

export interface Written {
  readonly by: Identity;
  readonly hlc: Hlc;
  readonly content: DeltaContent;
  readonly events?: readonly ApplicationEvent[];
}

export interface ScribeOptions {
  readonly codec?: Codec;
  readonly hlc?: Hlc;
  readonly members?: readonly Member[];
  readonly others?: Role | null;
  readonly retentionMs?: number | null;
}

/** Makes deltas of one context, open to all unless its options say otherwise. */
export class Scribe {
  readonly genesis: CausalDelta;
  readonly contextId: ContextId;
  readonly #codec: Codec;

  constructor(creator: Identity, options: ScribeOptions = {}) {
    const { codec: own = codec, hlc = { ms: 1_000, counter: 0 } } = options;
    const { members, others, retentionMs } = { ...openGenesis, ...options };
    this.#codec = own;
    const content = { ...openGenesis, application: "kv-store", members, others, retentionMs } as const;
    const draft = { contextId: "" as const, parents: [], author: creator.author, incarnation, hlc, content };
    this.genesis = opened(sealDelta({ ...draft, events: [] }, creator, own.crypto), own);
    this.contextId = this.genesis.contextId;
  }

  /** A delta on the given parents. */
  write(parents: readonly CausalDelta[], { by, hlc, content, events = [] }: Written): CausalDelta {
    const draft: DeltaDraft = {
      contextId: this.contextId,
      parents: parents.map(({ id }) => id).sort(),
      author: by.author,
      incarnation,
      hlc,
      content,
      events,
    };
    return opened(sealDelta(draft, by, this.#codec.crypto), this.#codec);
  }
}

/** Deltas each on the one before, the first on the genesis unless on another. */
export function chainOf(
  scribe: Scribe,
  length: number,
  written: (index: number) => Written,
  on: CausalDelta = scribe.genesis,
): readonly CausalDelta[] {
  const deltas: CausalDelta[] = [];
  for (let index = 0; index < length; index += 1)
    deltas.push(scribe.write([deltas.at(-1) ?? on], written(index)));
  return deltas;
}

export function put(key: string, value: string | number | null): ActionOf<"register"> {
  return { type: "register", collection: "entries", key, change: { kind: "put", value } };
}

export function remove(key: string): ActionOf<"register"> {
  return { type: "register", collection: "entries", key, change: { kind: "remove" } };
}

export function operations(...actions: readonly Action[]): DeltaContent {
  return { kind: "operations", actions };
}

/** The delta that some bytes hold; throws what is wrong with them. */
export function opened(sealed: Uint8Array, by: Codec = codec): CausalDelta {
  const delta: CausalDelta | Fault = by.openDelta(sealed);
  if (delta.kind === "fault") throw new Error(`${delta.code}: ${delta.detail}`);
  return delta;
}
