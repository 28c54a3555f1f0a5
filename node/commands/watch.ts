/** `reconverge watch URL…`: running nodes, from their APIs. */

import { describeNodes, formatNodes, watchNodesInTerminal } from "../../adapters/tui/live/watch-nodes.ts";
import { ApiClient } from "../client.ts";
import { reporting } from "./output.ts";

const unreachableExitCode = 3;
/** Seconds: whoever looks on wants to see soon that a node says nothing. */
const timeout = "10";

/** Shows them in the terminal, or where there is none tells how they are, once. */
export async function watchNodes(urls: readonly string[], hasTerminal: boolean): Promise<void> {
  await reporting(false, async () => {
    const sources = await Promise.all(
      urls.map(async (url) => {
        const api = await ApiClient.find({ api: url, timeout });
        const listen = async (heard: () => void) => {
          for await (const _ of api.listen("*")) heard();
        };
        return { url, get: (path: string) => api.get(path), post: api.post.bind(api), listen };
      }),
    );
    if (hasTerminal) {
      process.exitCode = await watchNodesInTerminal(sources);
      return;
    }
    const nodes = await describeNodes(sources);
    process.stdout.write(formatNodes(nodes));
    if (nodes.every(({ trouble }) => trouble !== null)) process.exitCode = unreachableExitCode;
  });
}
