/** A node that is told to stop, in a process of its own: `life-stop.ts CONTEXT INVITING-API ADDRESS…`. Says how long that took. */

import { once } from "node:events";
import { createInterface } from "node:readline";
import { joinContext, peerCount, startTestNode, until } from "../test/node/test-node.ts";

const [contextId = "", invitedBy = "", ...addresses] = process.argv.slice(2);
const { node } = await startTestNode({ "swarm.bootNodes": addresses });
await joinContext(node.apiUrl, { contextId, invitedBy });
await until("all are connected", async () => (await peerCount(node.apiUrl)) >= addresses.length);
process.stdout.write(`${node.apiUrl}\n`);
await once(createInterface(process.stdin), "line");
const [fromMs, before] = [performance.now(), process.cpuUsage()];
await node.stop();
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  `${JSON.stringify({ tookMs: performance.now() - fromMs, cpuMs: (user + system) / 1_000 })}\n`,
);
process.exit();
