/** One session that brings 10,000 deltas: nothing caps it, and what it waits for besides the transfer. */

import type { DeltaId } from "../core/ids.ts";
import { BenchNode } from "./bench-node.ts";
import { row } from "./figures.ts";
import { framesOf, Pair } from "./sync-pair.ts";
import { Workload } from "./sync-workload.ts";

const missing = 10_000;
/** Bodies stay, and no periodic session comes in between. */
const config = { compactAboveDeltas: 1_000_000_000, syncFrequencyMs: 24 * 3_600_000 };

export function benchMany(): void {
  const nodes = [
    BenchNode.start("a", { seed: 1, config }),
    BenchNode.start("b", { seed: 2, config }),
  ] as const;
  const contextId = nodes[0].create();
  nodes[1].join(contextId, nodes[0].sealed(contextId as string as DeltaId));
  const workload = new Workload(1);
  for (const { key, value } of workload.next(missing).flat()) nodes[1].set(contextId, key, value);
  const meeting = new Pair(nodes, contextId).meet();
  const batches = framesOf(meeting, "deltas");
  const firstHops = (batches[0]?.afterHops ?? Number.NaN) + 1;
  row(
    "10,000 deltas missing on one side",
    `${meeting.streams} session, ${batches.length} messages of deltas, the first after ${firstHops / 2} round trips, the last after ${meeting.hops / 2}; ${(meeting.bytes / missing).toFixed(0)} B a delta, CPU ${meeting.cpuMs.map((ms) => `${ms.toFixed(0)} ms`).join(" and ")}`,
  );
}
