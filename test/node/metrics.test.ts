// What operators scrape and ask of real nodes: metrics that move, readiness that says why, peers that behaved badly.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { fromBase58 } from "../../adapters/http/base58.ts";
import { type ContextId, type PeerId, topicOf } from "../../core/ids.ts";
import { startTestNetwork, stopNetworks } from "../adapters/libp2p/test-network.ts";
import { agree, ask, createContext, joinContext, set, startTestNode, until } from "./test-node.ts";

async function scrape(apiUrl: string): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${apiUrl}/metrics`);
  assert.match(response.headers.get("content-type") ?? "", "text/plain");
  const text = await response.text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) assert.match(line, /^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?\d/);
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** The sum over all series of a metric. */
function total(metrics: ReadonlyMap<string, number>, name: string): number {
  const values = Array.from(metrics).filter(([key]) => key === name || key.startsWith(`${name}{`));
  assert.ok(values.length > 0, `there is no ${name}`);
  return values.reduce((sum, [, value]) => sum + value, 0);
}

test("after two nodes have met and one was annoyed, each metric says so", async () => {
  const { node: left } = await startTestNode();
  const contextId = await createContext(left.apiUrl);
  for (let index = 0; index < 20; index += 1) await set(left.apiUrl, contextId, [`k${index}`, index]);
  const { node: right } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  await joinContext(right.apiUrl, { contextId, invitedBy: left.apiUrl });
  const expected = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index]));
  await until("both agree", () => agree([left.apiUrl, right.apiUrl], contextId, expected));
  await until("the mesh forms", async () => total(await scrape(right.apiUrl), "reconverge_mesh_peers") > 0);

  const metrics = await scrape(right.apiUrl);
  for (const name of [
    ...["delta_applied_total", "core_seconds_count", "commit_seconds_count", "commit_batch_count", "peers"],
    ...["apply_lag_seconds_count", "sync_sessions_total", "sync_bytes_total", "sync_round_trips_count"],
    ...[
      "sync_phase_seconds_count",
      "memory_bytes",
      "event_loop_delay_seconds",
      "deltas",
      "entities",
      "contexts",
    ],
  ])
    assert.ok(total(metrics, `reconverge_${name}`) > 0, name);
  await until("nothing is waiting", async () => {
    const now = await scrape(right.apiUrl);
    return ["pending", "owed", "intake"].every((name) => total(now, `reconverge_${name}`) === 0);
  });
  for (const name of ["divergence_alarm_total", "peers_banned"])
    assert.is(total(metrics, `reconverge_${name}`), 0, name);
  assert.is(total(metrics, "reconverge_delta_applied_total"), 22);
  assert.is(metrics.get(`reconverge_deltas{context="${contextId}"}`), 22);
  assert.is(metrics.get('reconverge_contexts{state="ready"}'), 1);

  const eve = await startTestNetwork({ bootNodes: right.addresses() });
  const topic = topicOf(fromBase58<ContextId>(contextId) ?? ("" as ContextId));
  eve.network.perform({ kind: "subscribe", topic });
  eve.network.perform({ kind: "dial", peer: right.peer as PeerId });
  let said = 0;
  await until("she is refused", async () => {
    said += 1;
    eve.network.perform({ kind: "publish", topic, message: Uint8Array.of(1, 2, said & 0xff, said >> 8) });
    return total(await scrape(right.apiUrl), "reconverge_peers_banned") === 1;
  });
  const banned = await scrape(right.apiUrl);
  assert.ok((banned.get(`reconverge_faults_total{peer="${eve.peer}",code="malformed"}`) ?? 0) >= 5);
  const status = (await ask(right.apiUrl, "/admin-api/status")).data as unknown as Record<string, unknown>;
  const [standing] = status.conduct as readonly { readonly peer: string; readonly bannedForMs: number }[];
  assert.is(standing?.peer, eve.peer);
  assert.ok((standing?.bannedForMs ?? 0) > 30_000);
  await stopNetworks();
  await Promise.all([left.stop(), right.stop()]);
});

test("a context that nobody has brought yet says so, and is ready when somebody has", async () => {
  const { node: left } = await startTestNode();
  const { node: right } = await startTestNode();
  const contextId = await createContext(left.apiUrl);
  await ask(right.apiUrl, `/admin-api/contexts/${contextId}/join`, {});
  const ready = async () => {
    const { data } = await ask(right.apiUrl, "/ready");
    return (data as unknown as { readonly contexts: readonly { state: string; why: string }[] }).contexts[0];
  };
  assert.equal(await ready(), { id: contextId, state: "bootstrapping", why: "no connected peer has it" });
  assert.equal((await ask(right.apiUrl, "/health")).data, { status: "alive", state: "running" });
  const { node: again } = await startTestNode({ "swarm.bootNodes": [...left.addresses()] });
  await joinContext(again.apiUrl, { contextId, invitedBy: left.apiUrl });
  await until("it is ready", async () => {
    const { data } = await ask(again.apiUrl, `/admin-api/contexts/${contextId}`);
    return (data as unknown as { readonly readiness: { state: string } }).readiness.state === "ready";
  });
  await Promise.all([left.stop(), right.stop(), again.stop()]);
});

test.run();
