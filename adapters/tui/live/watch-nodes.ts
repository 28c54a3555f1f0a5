/** Watches running nodes in the terminal, or tells of them once where there is none. */

import { colourLevelOf, createTheme } from "../theme.ts";
import { show } from "../watch.ts";
import { askNode, type LiveNode, unheard } from "./live-node.ts";
import type { NodeSource } from "./node-source.ts";
import { WatchedNodes } from "./watched-nodes.ts";

/** Gives the exit code. */
export async function watchNodesInTerminal(sources: readonly NodeSource[]): Promise<number> {
  const watched = new WatchedNodes(sources);
  await show(watched, createTheme(colourLevelOf(process.env)));
  return watched.exitCode ?? 0;
}

/** One line for each node and each of its contexts. */
export async function describeNodes(sources: readonly NodeSource[]): Promise<readonly LiveNode[]> {
  return await Promise.all(sources.map((source) => askNode(source, unheard(source.url))));
}

export function formatNodes(nodes: readonly LiveNode[]): string {
  return nodes
    .flatMap(({ name, url, state, trouble, peers, contexts }) => [
      trouble === null ? `${name}  ${url}  ${state}, ${peers.length} peers` : `${name}  ${url}  ${trouble}`,
      ...contexts.map(
        ({ id, root, heads, applied, pending }) =>
          `  context ${id}: root ${root.slice(0, 8)}, ${heads.length} heads, ${applied} deltas, ${pending} pending`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join("");
}
