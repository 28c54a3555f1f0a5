/**
 * Which protocol a session runs: the one place where it is decided, from what two handshakes say. The responder
 * selects, for it is the first to know where both stand; whatever is selected, both said that they can run it.
 * Invariant 11.
 */

import type { Config } from "../config.ts";
import { type StateProtocol, type SyncProtocol, syncProtocols } from "../wire/sync-message.ts";

/** What a handshake shows of where a side stands. */
export interface Standing {
  /** Deltas applied. */
  readonly appliedCount: number;
  /** Of these, without bodies. */
  readonly horizon: number;
  readonly entityCount: number;
}

/** What both show of the gap between two replicas. */
export interface Gap {
  /** Both stand on the same heads. */
  readonly agrees: boolean;
  /** All heads of the other are applied here. */
  readonly holdsTheirs: boolean;
  /** Both remember a frontier of the same name. */
  readonly sharesFrontier: boolean;
  readonly ours: Standing;
  readonly theirs: Standing;
}

interface Row {
  readonly protocol: SyncProtocol;
  readonly applies: (gap: Gap) => boolean;
}

/** An eighth of a state is much of it. */
const part = 8;

const isScarce = ({ ours, theirs }: Gap): boolean => {
  const [less, more] = inOrder(ours.entityCount, theirs.entityCount);
  return less * part < more;
};

const isWide = ({ ours, theirs }: Gap): boolean => {
  const [less, more] = inOrder(ours.entityCount, theirs.entityCount);
  const [fewer, further] = inOrder(ours.appliedCount, theirs.appliedCount);
  return Math.max(more - less, further - fewer) * part > more;
};

/** The first row that applies, and that both can run, is selected. */
const table: readonly Row[] = [
  { protocol: "none", applies: ({ agrees }) => agrees },
  { protocol: "snapshot", applies: (gap) => reachesBelow(gap) && isScarce(gap) },
  { protocol: "level-wise", applies: (gap) => reachesBelow(gap) && isWide(gap) },
  { protocol: "hash-comparison", applies: reachesBelow },
  { protocol: "delta-known", applies: ({ holdsTheirs }) => holdsTheirs },
  { protocol: "delta-warm", applies: ({ sharesFrontier }) => sharesFrontier },
  { protocol: "delta-cold", applies: () => true },
];

/** What can be run at all where it is forced, though it would not be selected. */
const canRun: Readonly<Record<SyncProtocol, (gap: Gap) => boolean>> = {
  none: ({ agrees }) => agrees,
  "delta-known": ({ holdsTheirs }) => holdsTheirs,
  "delta-warm": ({ sharesFrontier }) => sharesFrontier,
  "delta-cold": () => true,
  "hash-comparison": () => true,
  "level-wise": () => true,
  snapshot: () => true,
};

/** What this node can run. */
export const ownProtocols: readonly SyncProtocol[] = syncProtocols;

/** Null when nothing that applies can be run by both. A protocol that is forced comes first, where it can be run. */
export function selectProtocol(
  gap: Gap,
  theirs: readonly SyncProtocol[],
  forced: SyncProtocol | null = null,
): SyncProtocol | null {
  const isShared = (protocol: SyncProtocol) => ownProtocols.includes(protocol) && theirs.includes(protocol);
  if (!gap.agrees && forced !== null && isShared(forced) && canRun[forced](gap)) return forced;
  return table.find(({ protocol, applies }) => applies(gap) && isShared(protocol))?.protocol ?? null;
}

/** How a state is taken that is needed for other reasons than the numbers show. */
export function selectStateProtocol(gap: Pick<Gap, "ours" | "theirs">): StateProtocol {
  const full = { ...gap, agrees: false, holdsTheirs: false, sharesFrontier: false };
  if (isScarce(full)) return "snapshot";
  return isWide(full) ? "level-wise" : "hash-comparison";
}

/**
 * Must one side lack deltas of which the other has no bodies? It does if it applied fewer than the other has no bodies
 * of; a side all of whose heads are here lacks nothing that is not there.
 */
function reachesBelow({ ours, theirs, holdsTheirs }: Gap): boolean {
  return theirs.appliedCount < ours.horizon || (!holdsTheirs && ours.appliedCount < theirs.horizon);
}

/** Who takes the other's state, in a protocol of states: who applied fewer deltas, and so lacks some. */
export function takesState(role: "initiator" | "responder", ours: Standing, theirs: Standing): boolean {
  if (ours.appliedCount !== theirs.appliedCount) return ours.appliedCount < theirs.appliedCount;
  return role === "initiator";
}

function inOrder(a: number, b: number): readonly [less: number, more: number] {
  return a < b ? [a, b] : [b, a];
}

/** Null where nothing is forced. */
export function forcedProtocol({ syncProtocolForced }: Config): SyncProtocol | null {
  return syncProtocolForced === 0 ? null : (syncProtocols[syncProtocolForced] ?? null);
}
