/** What the core is handed: hashing and signatures, a node's key, and reads of what it committed. */

import type { AuthorId, PeerId } from "./ids.ts";

/** What signs under one Ed25519 key. */
export interface Signer {
  /** The public key. */
  readonly author: AuthorId;
  /** Ed25519 signature: 64 bytes. Deterministic. */
  sign(message: Uint8Array): Uint8Array;
}

/** Pure functions of bytes, the same in every implementation (see the contract suite). */
export interface Crypto {
  /** SHA-256: 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /**
   * Strict Ed25519: the public key canonical and not of small order, S below L, and the encoding of
   * S·B − k·A equal to R byte for byte. False for anything malformed; never throws.
   */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** The key that belongs to a seed of 32 bytes. */
  signer(seed: Uint8Array): Signer;
  /** AES-256-GCM under a key of 32 bytes and a nonce of 12: the ciphertext, then its tag of 16 bytes. `about` is authenticated. */
  seal(
    key: Uint8Array,
    plain: { readonly nonce: Uint8Array; readonly content: Uint8Array; readonly about: Uint8Array },
  ): Uint8Array;
  /** What was sealed, or null for what was not sealed with this key, nonce and `about`; never throws. */
  open(
    key: Uint8Array,
    sealed: { readonly nonce: Uint8Array; readonly ciphertext: Uint8Array; readonly about: Uint8Array },
  ): Uint8Array | null;
}

/** The key a node signs with, and the name its driver knows it by. */
export interface Identity extends Signer {
  readonly peer: PeerId;
}

/** Synchronous reads of exact keys. Sees every commit the core has emitted, durable or still in flight. */
export interface StateView {
  get(key: string): Uint8Array | undefined;
}

/** The driver's clocks. Timers use the first, the hybrid logical clock the second. */
export interface Now {
  /** Whole milliseconds since an arbitrary start; never goes back while a node runs. */
  readonly monotonicMs: number;
  /** Whole milliseconds since 1970 as this node believes them: may be wrong, and may jump either way. */
  readonly wallMs: number;
}
