/** What share of a run the oracles take: of the samples of a profile, those in which something of sim/oracles runs. */

import type { Profiler } from "node:inspector";
import { Session } from "node:inspector/promises";

/** From 0 to 1, with what the work gave. */
export async function shareOfOracles<T>(
  work: () => T,
): Promise<{ readonly result: T; readonly share: number }> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  const result = work();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return { result, share: shareBeneath(profile.nodes, (url) => url.includes("/sim/oracles/")) };
}

function shareBeneath(nodes: readonly Profiler.ProfileNode[], isCounted: (url: string) => boolean): number {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const [root] = nodes;
  let [all, counted] = [0, 0];
  const waiting = root === undefined ? [] : [{ node: root, isBeneath: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node } = next;
    const isBeneath = next.isBeneath || isCounted(node.callFrame.url);
    const hits = node.hitCount ?? 0;
    all += hits;
    if (isBeneath) counted += hits;
    for (const id of node.children ?? []) {
      const child = byId.get(id);
      if (child !== undefined) waiting.push({ node: child, isBeneath });
    }
  }
  return all === 0 ? 0 : counted / all;
}
