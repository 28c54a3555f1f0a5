/** The cryptography a simulation is handed: what every node uses, and keys made from seeds. */

import type { PeerId } from "../core/ids.ts";
import type { Crypto, Identity } from "../core/ports.ts";

export interface SimCrypto {
  readonly crypto: Crypto;
  /** A signing key from 32 bytes. Deterministic. */
  identity(seed: Uint8Array, peer: PeerId): Identity;
}
