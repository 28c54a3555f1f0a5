/** Real nodes on this machine: how long until everybody sees a value, and until two that were cut apart agree. */

import { startCluster, stopCluster } from "../test/node/kill-under-load.ts";
import {
  agree,
  createContext,
  joinContext,
  peerCount,
  set,
  startTestNode,
  until,
} from "../test/node/test-node.ts";
import { row, spread } from "./figures.ts";

const rounds = 20;

export async function benchNodes(): Promise<void> {
  row(`three processes, a value of each seen by all, ms (${rounds})`, spread(await timesToSee()));
  row(`two nodes, agreed after a cut, ms (${rounds})`, spread(await timesToAgree()));
}

async function timesToSee(): Promise<readonly number[]> {
  const cluster = await startCluster();
  const { nodes, contextId, acknowledged } = cluster;
  const urls = nodes.map(({ apiUrl }) => apiUrl);
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedMs = performance.now();
    for (const [index, url] of urls.entries()) {
      const key = `round ${round} from ${index}`;
      await set(url, contextId, [key, round]);
      acknowledged[key] = round;
    }
    await until("all values are seen", () => agree(urls, contextId, acknowledged));
    timesMs.push(performance.now() - startedMs);
  }
  await stopCluster(cluster);
  return timesMs;
}

async function timesToAgree(): Promise<readonly number[]> {
  const { node: left } = await startTestNode();
  const { node: right } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  const urls = [left.apiUrl, right.apiUrl];
  const contextId = await createContext(left.apiUrl);
  await joinContext(right.apiUrl, { contextId, invitedBy: left.apiUrl });
  const written: Record<string, unknown> = {};
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await until("both agree", () => agree(urls, contextId, written));
    left.setGate(() => false);
    await until("both know of the cut", async () =>
      (await Promise.all(urls.map(peerCount))).every((peers) => peers === 0),
    );
    for (const [index, url] of urls.entries()) {
      await set(url, contextId, [`${round} ${index}`, round]);
      written[`${round} ${index}`] = round;
    }
    left.setGate(() => true);
    timesMs.push(await until("both agree again", () => agree(urls, contextId, written)));
  }
  await Promise.all([left.stop(), right.stop()]);
  return timesMs;
}
