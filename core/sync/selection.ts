/**
 * Which protocol a session runs: the one place where it is decided. The responder selects, for it is the first to
 * know where both stand; whatever is selected, both said that they can run it. Invariant 11.
 */

import { type SyncProtocol, syncProtocols } from "../wire/sync-message.ts";

/** What a handshake shows of the gap between two replicas. */
export interface Gap {
  /** Both stand on the same heads. */
  readonly agrees: boolean;
  /** All heads of the other are applied here. */
  readonly holdsTheirs: boolean;
  /** Both remember a frontier of the same name. */
  readonly sharesFrontier: boolean;
}

/** The first row that applies, and that both can run, is selected. */
const table: readonly { readonly protocol: SyncProtocol; readonly applies: (gap: Gap) => boolean }[] = [
  { protocol: "none", applies: ({ agrees }) => agrees },
  { protocol: "delta-known", applies: ({ holdsTheirs }) => holdsTheirs },
  { protocol: "delta-warm", applies: ({ sharesFrontier }) => sharesFrontier },
  { protocol: "delta-cold", applies: () => true },
];

/** What this node can run. */
export const ownProtocols: readonly SyncProtocol[] = syncProtocols;

/** Null when nothing that applies can be run by both. */
export function selectProtocol(gap: Gap, theirs: readonly SyncProtocol[]): SyncProtocol | null {
  const canRun = (protocol: SyncProtocol) => ownProtocols.includes(protocol) && theirs.includes(protocol);
  return table.find(({ protocol, applies }) => applies(gap) && canRun(protocol))?.protocol ?? null;
}
