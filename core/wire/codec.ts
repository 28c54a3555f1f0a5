/**
 * What costs most and depends on bytes alone: decoding, hashing and verifying. The core is handed it as one
 * port, so that a simulator may remember results by content and share them between its nodes.
 */

import type { CausalDelta } from "../dag/delta.ts";
import type { Fault } from "../fault.ts";
import type { Stamp } from "../hlc.ts";
import type { Topic } from "../ids.ts";
import { openInvitation } from "../members/invitation.ts";
import type { Invitation } from "../members/membership.ts";
import type { Crypto } from "../ports.ts";
import { type Entity, entitiesOf } from "../state/entity.ts";
import { openDelta } from "./delta-codec.ts";
import { type Envelope, openEnvelope, sealEnvelope, type TopicKey } from "./envelope.ts";
import { type Heartbeat, openHeartbeat } from "./gossip-codec.ts";

export interface Codec {
  readonly crypto: Crypto;
  /** A sealed delta, verified. */
  openDelta(sealed: Uint8Array): CausalDelta | Fault;
  /** A sealed delta of this node's own store, which was verified before it was put there. */
  openStored(sealed: Uint8Array): CausalDelta | Fault;
  /** A heartbeat, verified. */
  openHeartbeat(message: Uint8Array): Heartbeat | Fault;
  /** An invitation, verified. */
  openInvitation(sealed: Uint8Array): Invitation | Fault;
  /** Seals what is to be said on a topic. */
  sealEnvelope(content: Uint8Array, by: { readonly key: TopicKey; readonly topic: Topic }): Uint8Array;
  /** What a sealed message on a topic says; null where it was not sealed with this key. */
  openEnvelope(
    message: Uint8Array,
    envelope: Envelope,
    by: { readonly key: TopicKey; readonly topic: Topic },
  ): Uint8Array | null;
  /** The entities a delta's actions stand for, given its stamp. */
  entitiesOf(delta: CausalDelta, stamp: Stamp): readonly Entity[];
}

/** The codec that remembers nothing. */
export function createCodec(crypto: Crypto): Codec {
  return {
    crypto,
    openDelta: (sealed) => openDelta(sealed, crypto),
    openStored: (sealed) => openDelta(sealed, { ...crypto, verify: () => true }),
    openHeartbeat: (message) => openHeartbeat(message, crypto),
    openInvitation: (sealed) => openInvitation(sealed, crypto),
    sealEnvelope: (content, by) => sealEnvelope(content, { ...by, crypto }),
    openEnvelope: (_message, envelope, by) => openEnvelope(envelope, { ...by, crypto }),
    entitiesOf: (delta, stamp) => entitiesOf(delta, stamp, crypto),
  };
}
