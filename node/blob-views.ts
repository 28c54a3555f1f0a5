/** What the API shows of blobs. */

import type { BlobView, KeptBlobView } from "../adapters/http/api.ts";
import { referencesIn } from "../core/blobs/references.ts";
import type { BlobId, ContextId } from "../core/ids.ts";
import type { NodeCore } from "../core/node.ts";

/** What a context refers to; null for a context that is not here. */
export function blobsOf(core: NodeCore, contextId: ContextId): readonly BlobView[] | null {
  const replica = core.replicas().get(contextId);
  if (replica === undefined) return null;
  return referencesIn(replica.state).map(({ blob, name, size, mediaType }) => ({
    ...{ id: blob, name, size, mediaType },
    ...kept(core, blob),
  }));
}

export function keptBlobsOf(core: NodeCore): readonly KeptBlobView[] {
  return Array.from(core.blobs.shelf.all(), ([id, { manifest }]) => ({
    ...{ id, size: manifest.size },
    ...kept(core, id),
  }));
}

/** Those that were put here and are not whole on the disk; none while it is not known what is there. O(chunks). */
export function incompleteBlobsOf(core: NodeCore): readonly BlobId[] {
  if (!core.blobs.chunks.isListed) return [];
  return keptBlobsOf(core).flatMap(({ id, size, bytesHere, isOwn }) =>
    isOwn && bytesHere < size ? [id] : [],
  );
}

function kept({ blobs }: NodeCore, blob: BlobId): Pick<KeptBlobView, "bytesHere" | "isOwn"> {
  const held = blobs.shelf.get(blob);
  return held === undefined
    ? { bytesHere: 0, isOwn: false }
    : { bytesHere: blobs.bytesHere(held), isOwn: held.isOwn };
}
