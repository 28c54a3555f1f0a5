/**
 * What travels on a context's topic: sealed deltas, and heartbeats. A heartbeat is [1, body, signature] with
 * body = [sender, incarnation, counter, contextId, [heads], head count, heads digest, state root]; the counter keeps an
 * unchanged one from being swallowed as a duplicate.
 */

import type { HeadsSummary } from "../dag/heads.ts";
import type { Fault } from "../fault.ts";
import {
  type AuthorId,
  bytesOf,
  type ContextId,
  type DeltaId,
  type Hash,
  type Incarnation,
  incarnationBytes,
} from "../ids.ts";
import { gossipBytesMax, headsMax } from "../limits.ts";
import type { Crypto, Identity } from "../ports.ts";
import { decodeCanonical, decodeValue, decoding, encode, refuse } from "./cbor.ts";
import {
  expectByteString,
  expectBytes,
  expectFields,
  expectHeadsDigest,
  expectInteger,
  expectList,
} from "./expect.ts";
import { signatureBytes, signedMessage } from "./signed.ts";

export interface HeartbeatDraft extends HeadsSummary {
  readonly sender: AuthorId;
  readonly incarnation: Incarnation;
  /** Counts the sender's heartbeats of this incarnation. */
  readonly counter: number;
  readonly contextId: ContextId;
  readonly stateRoot: Hash;
}

/** "This is where I stand", signed by its sender. */
export interface Heartbeat extends HeartbeatDraft {
  readonly kind: "heartbeat";
}

export const heartbeatTag = 1;
const heartbeatDomain = "reconverge/heartbeat/1";

export function sealHeartbeat(draft: HeartbeatDraft, identity: Identity): Uint8Array {
  const body = encode([
    bytesOf(draft.sender),
    bytesOf(draft.incarnation),
    draft.counter,
    bytesOf(draft.contextId),
    draft.heads.map(bytesOf),
    draft.headCount,
    bytesOf(draft.headsDigest),
    bytesOf(draft.stateRoot),
  ]);
  return encode([heartbeatTag, body, identity.sign(signedMessage(heartbeatDomain, body))]);
}

/** Is this message a heartbeat, rather than a delta? A sealed message is an array of three, so its second byte is the tag. */
export function isHeartbeat(message: Uint8Array): boolean {
  return message[1] === heartbeatTag;
}

/** Decodes and verifies a heartbeat. A pure function of the bytes, but for what `crypto` computes. */
export function openHeartbeat(message: Uint8Array, crypto: Crypto): Heartbeat | Fault {
  return decoding("heartbeat", () => {
    const [tag, body, signature] = expectFields(decodeValue(message, gossipBytesMax), 3, "a heartbeat");
    expectInteger(tag, heartbeatTag, heartbeatTag);
    const bytes = expectBytes(body, gossipBytesMax);
    const fields = expectFields(decodeCanonical(bytes, gossipBytesMax), 8, "a heartbeat body");
    const sender = expectByteString<AuthorId>(fields[0]);
    if (
      !crypto.verify(
        bytesOf(sender),
        signedMessage(heartbeatDomain, bytes),
        expectBytes(signature, signatureBytes),
      )
    ) {
      refuse("bad-signature", "the signature is not its sender's");
    }
    return Object.freeze({
      kind: "heartbeat",
      sender,
      incarnation: expectByteString<Incarnation>(fields[1], incarnationBytes),
      counter: expectInteger(fields[2], Number.MAX_SAFE_INTEGER),
      contextId: expectByteString<ContextId>(fields[3]),
      heads: Object.freeze(expectList(fields[4], headsMax, (head) => expectByteString<DeltaId>(head))),
      headCount: expectInteger(fields[5], Number.MAX_SAFE_INTEGER),
      headsDigest: expectHeadsDigest(fields[6]),
      stateRoot: expectByteString<Hash>(fields[7]),
    });
  });
}
