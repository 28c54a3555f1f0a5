/** A node's name in the swarm follows from its key. Loads little, so that a command can say it quickly. */

import { base58btc } from "multiformats/bases/base58";
import { type AuthorId, byteString, type PeerId } from "../../core/ids.ts";

/** An identity multihash of a protobuf-encoded Ed25519 public key (libp2p's peer id specification), without the key. */
const peerIdPrefix = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/** The libp2p peer id of an Ed25519 public key of 32 bytes. */
export function peerOfPublicKey(publicKey: Uint8Array): PeerId {
  return base58btc.baseEncode(Uint8Array.of(...peerIdPrefix, ...publicKey)) as PeerId;
}

/** The Ed25519 public key of a libp2p peer id, which a connection proves; null for a peer id of another kind of key. */
export function publicKeyOfPeer(peer: PeerId): AuthorId | null {
  let bytes: Uint8Array;
  try {
    bytes = base58btc.baseDecode(peer);
  } catch {
    return null; // The library says "not base58" by throwing; such a name has no key.
  }
  const isEd25519 =
    bytes.length === peerIdPrefix.length + 32 && peerIdPrefix.every((byte, at) => bytes[at] === byte);
  return isEd25519 ? byteString<AuthorId>(bytes.subarray(peerIdPrefix.length)) : null;
}
