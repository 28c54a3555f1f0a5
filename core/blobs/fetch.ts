/** One blob that is being fetched: who waits for what of it, who was asked, and what is to be asked for next. */

import type { BlobId, ContextId, Hash, PeerId } from "../ids.ts";
import type { StreamId } from "../input.ts";
import type { ClientRead } from "./chunks.ts";
import type { AttemptMemory, SourceMemory } from "./sources.ts";

export interface FetchMemory {
  readonly contextId: ContextId;
  readonly blob: BlobId;
  /** What clients wait for. */
  readonly waiting: ClientRead[];
  /** The chunk asked for last: those after it are fetched ahead. */
  latest: number;
  readonly sources: Map<StreamId, SourceMemory>;
  readonly attempts: Map<PeerId, AttemptMemory>;
  /** When something came, or was first asked for. */
  progressMs: number;
}

/** Chunks fetched beyond the one that a client waits for. */
const aheadChunks = 3;

/** A fetch for the first who wants something of a blob. */
export function createFetch({ contextId, blob, index }: ClientRead): FetchMemory {
  const nobody = { waiting: [], sources: new Map(), attempts: new Map() };
  return { contextId, blob, ...nobody, latest: index, progressMs: 0 };
}

export function nameOf({ contextId, blob }: FetchMemory): string {
  return contextId + blob;
}

/**
 * Chunks that are neither here nor asked for: first those that clients wait for, then those ahead. What is asked of a
 * slow source is wanted of others too: nobody can hold up a fetch by giving little.
 */
export function wantedOf(
  fetch: FetchMemory,
  about: {
    readonly hashes: readonly Hash[];
    readonly isHere: (chunk: Hash) => boolean;
    readonly isSlow: (source: SourceMemory) => boolean;
  },
): number[] {
  const { hashes, isHere, isSlow } = about;
  const quick = Array.from(fetch.sources.values()).filter((source) => !isSlow(source));
  const asked = new Set(quick.flatMap((source) => source.asked));
  const ahead = Array.from({ length: aheadChunks }, (_, nth) => fetch.latest + 1 + nth);
  const indexes = new Set([...fetch.waiting.map(({ index }) => index), ...ahead]);
  return Array.from(indexes).filter((index) => {
    const chunk = hashes[index];
    return chunk !== undefined && !asked.has(index) && !isHere(chunk);
  });
}

/** Removes those that pass, and gives them. */
export function take<T>(list: T[], passes: (entry: T) => boolean): readonly T[] {
  const taken = list.filter(passes);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((entry) => !passes(entry)));
  return taken;
}
