/**
 * A codec that remembers: what one simulated node decoded, hashed and verified, the others look up by content.
 * Results are immutable and depend on bytes alone, so a run gives the same trace with and without it.
 */

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { Fault } from "../../core/fault.ts";
import { compareStamp, type Stamp } from "../../core/hlc.ts";
import { byteString } from "../../core/ids.ts";
import type { Entity } from "../../core/state/entity.ts";
import type { Codec } from "../../core/wire/codec.ts";
import type { Heartbeat } from "../../core/wire/gossip-codec.ts";

export function createSharedCodec(codec: Codec): Codec {
  const { crypto } = codec;
  const deltasByBytes = new WeakMap<Uint8Array, CausalDelta | Fault>();
  const deltasByContent = new Map<string, CausalDelta | Fault>();
  const heartbeats = new WeakMap<Uint8Array, Heartbeat | Fault>();
  const contents = new WeakMap<Uint8Array, Uint8Array | null>();
  const entities = new WeakMap<
    CausalDelta,
    { readonly stamp: Stamp; readonly entities: readonly Entity[] }
  >();

  function openDelta(sealed: Uint8Array): CausalDelta | Fault {
    const known = deltasByBytes.get(sealed);
    if (known !== undefined) return known;
    const content = byteString(crypto.sha256(sealed));
    const opened = deltasByContent.get(content) ?? codec.openDelta(sealed);
    deltasByContent.set(content, opened);
    deltasByBytes.set(sealed, opened);
    return opened;
  }

  function openHeartbeat(message: Uint8Array): Heartbeat | Fault {
    const known = heartbeats.get(message);
    if (known !== undefined) return known;
    const opened = codec.openHeartbeat(message);
    heartbeats.set(message, opened);
    return opened;
  }

  function sealEnvelope(...[content, by]: Parameters<Codec["sealEnvelope"]>): Uint8Array {
    const message = codec.sealEnvelope(content, by);
    contents.set(message, content);
    return message;
  }

  function openEnvelope(...[message, envelope, by]: Parameters<Codec["openEnvelope"]>): Uint8Array | null {
    // The key follows from the name in the message, the topic from the key.
    const known = contents.get(message);
    if (known !== undefined) return known;
    const opened = codec.openEnvelope(message, envelope, by);
    contents.set(message, opened);
    return opened;
  }

  function entitiesOf(delta: CausalDelta, stamp: Stamp): readonly Entity[] {
    const known = entities.get(delta);
    if (known !== undefined && compareStamp(known.stamp, stamp) === 0) return known.entities;
    const created = codec.entitiesOf(delta, stamp);
    entities.set(delta, { stamp, entities: created });
    return created;
  }

  const { openInvitation } = codec;
  const deltas = { openDelta, openStored: openDelta, entitiesOf };
  return { crypto, ...deltas, openHeartbeat, openInvitation, sealEnvelope, openEnvelope };
}
