// Deltas as sessions carry them.

import type { CausalDelta } from "../../core/dag/delta.ts";
import type { ContextId, DeltaId } from "../../core/ids.ts";
import { packDeltas, unpackDeltas } from "../../core/wire/delta-batch.ts";
import type { SyncMessage } from "../../core/wire/sync-message.ts";
import { opened, trustingCodec, trustingCrypto } from "./authors.ts";

/** A message of deltas of one context, be they as they should be or not. */
export function deltasMessage(
  deltas: readonly Pick<CausalDelta, "id" | "sealed">[],
  contextId: ContextId,
): SyncMessage {
  return { kind: "deltas", batch: packDeltas(deltas, contextId) };
}

/** Which deltas a message brings, in order; none if it is one of another kind. */
export function idsIn(message: SyncMessage, contextId: ContextId): readonly DeltaId[] {
  if (message.kind !== "deltas") return [];
  const unpacked = unpackDeltas(message.batch, { contextId, crypto: trustingCrypto });
  if (unpacked.kind === "fault") throw new Error(unpacked.detail);
  return unpacked.deltas.map((sealed) => opened(sealed, trustingCodec).id);
}
