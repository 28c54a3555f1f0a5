/** How long a node with ten peers takes to stop, at rest and while all of them and its own clients write without end. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createContext, execute, joinContext, startTestNode } from "../test/node/test-node.ts";
import { row, spread } from "./figures.ts";

const peers = 10;
const stops = 7;
const clientsOfPeer = 2;
const clientsOfNode = 20;
const floodMs = 1_500;

interface Stopped {
  readonly tookMs: number;
  readonly cpuMs: number;
}

export async function benchStopping(): Promise<void> {
  const { node: hub } = await startTestNode();
  const meeting = { "swarm.bootNodes": [...hub.addresses()] };
  const started = await Promise.all(Array.from({ length: peers - 1 }, () => startTestNode(meeting)));
  const others = started.map(({ node }) => node);
  const contextId = await createContext(hub.apiUrl);
  const about = { contextId, invitedBy: hub.apiUrl };
  const addresses = [hub, ...others].flatMap((node) => [...node.addresses()]);
  await Promise.all(others.map((node) => joinContext(node.apiUrl, about)));
  for (const [name, apiUrls] of [
    ["at rest", []],
    ["flooded", [hub, ...others].map(({ apiUrl }) => apiUrl)],
  ] as const) {
    const all: Stopped[] = [];
    for (let index = 0; index < stops; index += 1)
      all.push(await stopped({ args: [contextId, hub.apiUrl, ...addresses], contextId, apiUrls }));
    row(`stopping with ${peers} peers, ${name}, ms (${stops})`, spread(all.map(({ tookMs }) => tookMs)));
    row("of these of its processor", spread(all.map(({ cpuMs }) => cpuMs)));
  }
  await Promise.all([hub, ...others].map((node) => node.stop()));
}

/** Starts a node in a process of its own, and stops it, where there are APIs in the middle of a flood over them and its own. */
async function stopped({
  args,
  contextId,
  apiUrls,
}: {
  readonly args: readonly string[];
  readonly contextId: string;
  readonly apiUrls: readonly string[];
}): Promise<Stopped> {
  const script = fileURLToPath(new URL("./life-stop.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", script, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const said = async () => String((await lines.next()).value);
  const own = await said();
  const flood = new AbortController();
  const clients = [
    ...apiUrls.flatMap((apiUrl) => Array<string>(clientsOfPeer).fill(apiUrl)),
    ...(apiUrls.length === 0 ? [] : Array<string>(clientsOfNode).fill(own)),
  ];
  const writing = clients.map((apiUrl, client) => writeUntil(flood.signal, { apiUrl, contextId, client }));
  await setTimeout(apiUrls.length === 0 ? 0 : floodMs);
  child.stdin.write("stop\n");
  const outcome: Stopped = JSON.parse(await said());
  flood.abort();
  await Promise.all(writing);
  if (child.exitCode === null) await once(child, "close");
  return outcome;
}

/** One client: each write as soon as the last was answered, or refused by a node that stops. */
async function writeUntil(
  signal: AbortSignal,
  { apiUrl, contextId, client }: { apiUrl: string; contextId: string; client: number },
): Promise<void> {
  for (let count = 0; !signal.aborted; count += 1) {
    const args = { key: `key ${client}.${count % 100}`, value: "x".repeat(200) };
    await execute(apiUrl, contextId, ["set", args]).catch(() => setTimeout(1));
  }
}
