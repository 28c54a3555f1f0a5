/** How syncing goes, as `status` shows it: for each context and peer the last verdict, what is wrong first. */

import { toBase58 } from "../adapters/http/base58.ts";
import type { JsonObject } from "../core/json.ts";
import type { NodeCore } from "../core/node.ts";

/** Rows shown; of more, those that end last are left out. */
const rowsMax = 200;

export function syncView(core: NodeCore): readonly JsonObject[] {
  const rows = Array.from(core.replicas().keys()).flatMap((contextId) => {
    return Array.from(core.sync.verdicts(contextId), ([peer, { last, isRootEqual }]) => ({
      ...{ context: toBase58(contextId), peer, last, isRootEqual },
    })).filter(({ last }) => last !== null);
  });
  const rank = ({ last, isRootEqual }: (typeof rows)[number]) =>
    isRootEqual === false ? 0 : last?.outcome === "failed" ? 1 : 2;
  return rows
    .sort((a, b) => rank(a) - rank(b) || (b.last?.wallMs ?? 0) - (a.last?.wallMs ?? 0))
    .slice(0, rowsMax)
    .map(({ context, peer, last, isRootEqual }) => ({
      context,
      peer,
      protocol: last?.protocol ?? null,
      outcome: last?.outcome ?? null,
      at: new Date(last?.wallMs ?? 0).toISOString(),
      headsEqual: last?.areHeadsEqual ?? null,
      rootsEqual: isRootEqual,
    }));
}
