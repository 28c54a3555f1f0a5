// Nodes in this process, on loopback and free ports, and what tests wait for.

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import type { Application } from "../../core/app/application.ts";
import { ReconvergeNode } from "../../node/node.ts";
import { createNodeConfig, type SettingValue } from "../../node/settings.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";

export interface TestNode {
  readonly node: ReconvergeNode;
  readonly storePath: string;
  readonly seed: Uint8Array;
}

/** A started node. */
export async function startTestNode(
  settings: Readonly<Record<string, SettingValue>> = {},
  kept: {
    readonly storePath?: string;
    readonly seed?: Uint8Array;
    readonly failed?: (error: unknown) => void;
    readonly record?: { readonly folder: string; readonly fileBytesMax: number };
    readonly applications?: readonly Application[];
    readonly acceptLoss?: boolean;
  } = {},
): Promise<TestNode> {
  const storePath = kept.storePath ?? join(temporaryFolder(), "store");
  const seed = kept.seed ?? new Uint8Array(randomBytes(32));
  const values = { "swarm.hosts": ["127.0.0.1"], "swarm.port": 0, "server.port": 0, ...settings };
  const node = new ReconvergeNode({
    config: createNodeConfig(new Map(Object.entries(values))),
    seed,
    storePath,
    blobsPath: `${storePath}-blobs`,
    log: pino({ level: process.env.TEST_LOG_LEVEL ?? "silent" }, pino.destination(2)),
    failed: kept.failed ?? ((error) => console.error("a node failed", error)),
    ...(kept.record === undefined ? {} : { record: kept.record }),
    acceptLoss: kept.acceptLoss === true,
    ...(kept.applications === undefined ? {} : { applications: kept.applications }),
  });
  await node.start();
  return { node, storePath, seed };
}

interface Answer {
  readonly data?: {
    readonly contextId?: string;
    readonly invitation?: string;
    readonly ownRole?: string | null;
    readonly contextStateHash?: string;
    readonly dagHeads?: readonly string[];
    readonly owed?: number;
    readonly parked?: number;
  };
  readonly result?: { readonly output: unknown };
  readonly error?: unknown;
  readonly count?: number;
}

export async function ask(apiUrl: string, path: string, body?: unknown): Promise<Answer> {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(apiUrl + path, body === undefined ? {} : request);
  return (await response.json()) as Answer;
}

export async function createContext(apiUrl: string, applicationId = "kv-store"): Promise<string> {
  const { data } = await ask(apiUrl, "/admin-api/contexts", { applicationId });
  return String(data?.contextId);
}

/** Has one node invite another, and waits until that has come in. */
export async function joinContext(
  apiUrl: string,
  { contextId, invitedBy, role = "member" }: { contextId: string; invitedBy: string; role?: string },
): Promise<void> {
  const invited = await ask(invitedBy, `/admin-api/contexts/${contextId}/invite`, { role });
  await ask(apiUrl, "/admin-api/contexts/join", { invitation: invited.data?.invitation });
  await until("the invited node comes in", async () => {
    const { data } = await ask(apiUrl, `/admin-api/contexts/${contextId}`);
    return data?.ownRole === role;
  });
}

/** The output of a call; throws when it is refused or the node does not answer. */
export async function execute(
  apiUrl: string,
  contextId: string,
  [method, argsJson]: readonly [string, object],
) {
  const params = { contextId, method, argsJson };
  const answer = await ask(apiUrl, "/jsonrpc", { jsonrpc: "2.0", id: 1, method: "execute", params });
  if (answer.result === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.result.output;
}

export async function set(apiUrl: string, contextId: string, [key, value]: readonly [string, unknown]) {
  return await execute(apiUrl, contextId, ["set", { key, value }]);
}

export async function entries(apiUrl: string, contextId: string): Promise<Readonly<Record<string, unknown>>> {
  return (await execute(apiUrl, contextId, ["entries", {}])) as Record<string, unknown>;
}

/** The state root, once initialised. */
export async function stateRoot(apiUrl: string, contextId: string): Promise<string> {
  const { data } = await ask(apiUrl, `/admin-api/contexts/${contextId}`);
  return String(data?.contextStateHash);
}

export async function peerCount(apiUrl: string): Promise<number> {
  const { count } = await ask(apiUrl, "/admin-api/peers");
  return count ?? 0;
}

/** Waits generously until the check passes; gives the milliseconds it took. An error counts as "not yet". */
export async function until(
  what: string,
  check: () => Promise<boolean>,
  patienceMs = 60_000,
): Promise<number> {
  const startedMs = performance.now();
  let last: unknown = "the check never passed";
  while (performance.now() - startedMs < patienceMs) {
    try {
      if (await check()) return Math.round(performance.now() - startedMs);
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within ${patienceMs} ms: ${what}`, { cause: last });
}

/** True when all nodes have these entries and one state root. */
export async function agree(
  apiUrls: readonly string[],
  contextId: string,
  expected: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const wanted = JSON.stringify(expected, Object.keys(expected).sort());
  const roots = new Set<string>();
  for (const apiUrl of apiUrls) {
    const found = await entries(apiUrl, contextId);
    if (JSON.stringify(found, Object.keys(found).sort()) !== wanted) return false;
    roots.add(await stateRoot(apiUrl, contextId));
  }
  return roots.size === 1;
}
