// Three nodes as processes of their own; one is killed under load again and again. What was acknowledged must be
// on all of them in the end. Used by a test, and by `npm run soak`.

import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess } from "./node-process.ts";
import { agree, createContext, entries, joinContext, set, until } from "./test-node.ts";

export interface Cluster {
  readonly nodes: readonly NodeProcess[];
  readonly contextId: string;
  /** What every node must have. */
  readonly acknowledged: Record<string, unknown>;
}

/** Three running nodes with one context; each wrote a value, and all have seen all. `seenMs` tells how long that took. */
export async function startCluster(): Promise<Cluster & { readonly seenMs: number }> {
  const home = temporaryFolder();
  const first = await NodeProcess.make(home, "first");
  const { addresses } = await first.start();
  const second = await NodeProcess.make(home, "second", { "swarm.bootNodes": [...addresses] });
  const others = [...addresses, ...(await second.start()).addresses];
  const third = await NodeProcess.make(home, "third", { "swarm.bootNodes": others });
  await third.start();
  const nodes = [first, second, third];
  const contextId = await createContext(first.apiUrl);
  for (const node of [second, third]) await joinContext(node.apiUrl, { contextId, invitedBy: first.apiUrl });
  const acknowledged: Record<string, unknown> = {};
  await until("the context arrives everywhere", () => agree(urls(nodes), contextId, {}));
  for (const [index, node] of nodes.entries()) {
    await set(node.apiUrl, contextId, [`from ${index}`, index]);
    acknowledged[`from ${index}`] = index;
  }
  const seenMs = await until("all values are seen on all nodes", () =>
    agree(urls(nodes), contextId, acknowledged),
  );
  return { nodes, contextId, acknowledged, seenMs };
}

export interface KillResult {
  /** Writes the killed node had acknowledged in this round. */
  readonly acknowledged: number;
  /** From the kill until the restarted node answered. */
  readonly restartMs: number;
}

/** Kills one node while everything writes to it and to another, starts it again, and checks what it promised. */
export async function killUnderLoad(cluster: Cluster, round: number): Promise<KillResult> {
  const { nodes, contextId, acknowledged } = cluster;
  const [first, , victim] = nodes as [NodeProcess, NodeProcess, NodeProcess];
  let isOver = false;
  let written = 0;
  const write = async (node: NodeProcess, writer: number) => {
    for (let number = 0; !isOver; number += 1) {
      const key = `round ${round} writer ${writer} number ${number}`;
      try {
        await set(node.apiUrl, contextId, [key, number]);
      } catch {
        if (node === victim) return; // Killed: this write was not acknowledged, and whether it is kept is open.
        throw new Error("a node that was not killed refused a write");
      }
      acknowledged[key] = number;
      if (node === victim) written += 1;
    }
  };
  const writers = [0, 1, 2, 3].map((writer) => write(victim, writer));
  const bystander = write(first, 9);
  await until("the victim is under load", async () => written >= 50);
  const killedAtMs = performance.now();
  await victim.kill();
  await Promise.all(writers);
  await victim.start();
  const restartMs = Math.round(performance.now() - killedAtMs);
  isOver = true;
  await bystander;
  const kept = await entries(victim.apiUrl, contextId);
  const own = Object.keys(acknowledged).filter((key) => /writer [0-3]/.test(key));
  const lost = own.filter((key) => !(key in kept));
  if (lost.length > 0) throw new Error(`lost by the killed node: ${lost.join(", ")}`);
  return { acknowledged: written, restartMs };
}

/** Waits until all nodes hold all that was acknowledged, and agree on the rest; gives the milliseconds it took. */
export async function untilAllAgree({ nodes, contextId, acknowledged }: Cluster): Promise<number> {
  return await until("all nodes hold everything and agree", async () => {
    const found = await Promise.all(urls(nodes).map((url) => entries(url, contextId)));
    const isComplete = found.every((each) => Object.keys(acknowledged).every((key) => key in each));
    // Writes that were under way at a kill may be kept without having been acknowledged.
    return isComplete && (await agree(urls(nodes), contextId, found[0] ?? {}));
  });
}

export async function stopCluster({ nodes }: Cluster): Promise<void> {
  const exitCodes = await Promise.all(nodes.map((node) => node.stop()));
  if (exitCodes.some((exitCode) => exitCode !== 0)) throw new Error(`exit codes ${exitCodes.join(", ")}`);
}

function urls(nodes: readonly NodeProcess[]): readonly string[] {
  return nodes.map(({ apiUrl }) => apiUrl);
}
