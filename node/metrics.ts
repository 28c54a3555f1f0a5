/**
 * A node's metrics, for Prometheus. What happens is counted as it does; what is, is looked up when it is asked for.
 */

import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { toBase58 } from "../adapters/http/base58.ts";
import { countBuckets, type Labels, Registry, secondsBuckets } from "../adapters/http/prometheus.ts";
import type { Network } from "../adapters/libp2p/port.ts";
import type { Effect, Observation } from "../core/effect.ts";
import type { Fault } from "../core/fault.ts";
import { contextOfTopic, type PeerId } from "../core/ids.ts";
import type { Input } from "../core/input.ts";
import type { NodeCore } from "../core/node.ts";
import { probeNames } from "../core/probes.ts";
import type { Driver } from "./driver.ts";
import { readinessOf, readinessStates } from "./readiness.ts";
import { StreamTimes } from "./stream-times.ts";

/** What gauges are read from. */
export interface Measured {
  readonly core: NodeCore;
  readonly driver: Driver;
  readonly network: Pick<Network, "meshSizes">;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });
  readonly #streams = new StreamTimes(this.#registry);

  constructor() {
    for (const name of probeNames) this.#observed(name, 0);
    this.#loopDelay.enable();
  }

  handled(input: Input, effects: readonly Effect[], tookMs: number): void {
    this.#seconds("reconverge_core_seconds", "time the core took for an input", tookMs, {
      input: input.kind,
    });
    this.#streams.handled(input, effects);
    for (const effect of effects)
      if (effect.kind === "emit" && effect.event.events.length > 0)
        this.#registry.add("reconverge_events_total", "events that applied deltas brought", {
          amount: effect.event.events.length,
        });
  }

  flushed(commits: number, tookMs: number): void {
    this.#seconds("reconverge_commit_seconds", "time until staged commits were durable", tookMs);
    this.#registry.observe("reconverge_commit_batch", "commits made durable together", {
      ...{ value: commits, buckets: countBuckets },
    });
  }

  fault(peer: PeerId, { code }: Fault): void {
    this.#registry.add("reconverge_faults_total", "mistakes of peers", { labels: { peer, code } });
  }

  observed({ name, amount, detail, tookMs }: Observation): void {
    this.#observed(name, amount);
    if (name === "delta-applied" && tookMs !== undefined)
      this.#seconds("reconverge_apply_lag_seconds", "from authoring a delta to applying it here", tookMs);
    if (name !== "sync-ended") return;
    const [outcome = "", ...protocol] = (detail ?? "").split(" ").reverse();
    const labels = { protocol: protocol.reverse().join(" "), outcome };
    this.#registry.add("reconverge_sync_sessions_total", "sync sessions that ended", { labels });
  }

  /** The text for a scrape. O(contexts). */
  text({ core, driver, network }: Measured): Promise<string> {
    this.#process();
    const registry = this.#registry;
    const { peers, sync } = core;
    registry.set("reconverge_peers", "connected peers", { value: peers.connectedCount });
    registry.set("reconverge_sessions", "sync sessions under way", { value: sync.sessions.table.count });
    registry.set("reconverge_intake", "inputs that wait for the core", { value: driver.intake.length });
    registry.total(
      "reconverge_gossip_refused_total",
      "messages refused because too much waited",
      driver.intake.refused,
    );
    const nowMs = Math.floor(performance.now());
    const banned = Array.from(core.conduct.standings(nowMs)).filter(([, each]) => each.bannedForMs > 0);
    registry.set("reconverge_peers_banned", "peers refused for a time", { value: banned.length });
    this.#contexts(core);
    registry.clear("reconverge_mesh_peers");
    for (const [topic, value] of network.meshSizes()) {
      const contextId = contextOfTopic(topic);
      const labels = { context: contextId === null ? topic : toBase58(contextId) };
      registry.set("reconverge_mesh_peers", "peers a context's gossip is exchanged with", { labels, value });
    }
    return registry.text();
  }

  stop(): void {
    this.#loopDelay.disable();
  }

  #contexts(core: NodeCore): void {
    const registry = this.#registry;
    for (const name of ["deltas", "pending", "stranded", "entities", "owed"])
      registry.clear(`reconverge_${name}`);
    const states = new Map(readinessStates.map((state) => [state, 0]));
    for (const [contextId, { deltas, state, owed }] of core.replicas()) {
      const labels = { context: toBase58(contextId) };
      registry.set("reconverge_deltas", "applied deltas", { labels, value: deltas.graph.count });
      registry.set("reconverge_pending", "deltas that wait for parents", {
        labels,
        value: deltas.pending.count,
      });
      registry.set("reconverge_stranded", "deltas that a repair could read, and that are not applied", {
        labels,
        value: deltas.stranded.count,
      });
      registry.set("reconverge_entities", "entities stored", { labels, value: state.storedCount });
      registry.set("reconverge_owed", "handlers and calls still to be run", {
        labels,
        value: owed.waitingCount,
      });
      const { state: readiness } = readinessOf(core, contextId);
      states.set(readiness, (states.get(readiness) ?? 0) + 1);
    }
    for (const [state, value] of states)
      registry.set("reconverge_contexts", "contexts by how ready they are", { labels: { state }, value });
  }

  #process(): void {
    const { rss, heapUsed, external } = process.memoryUsage();
    for (const [kind, value] of Object.entries({ rss, heapUsed, external }))
      this.#registry.set("reconverge_memory_bytes", "memory of the process", { labels: { kind }, value });
    for (const quantile of [50, 99, 100])
      this.#registry.set("reconverge_event_loop_delay_seconds", "lateness of timers since the last scrape", {
        ...{ labels: { quantile: `${quantile / 100}` }, value: this.#loopDelay.percentile(quantile) / 1e9 },
      });
    this.#loopDelay.reset();
  }

  #observed(name: string, amount: number): void {
    const metric = `reconverge_${name.replaceAll("-", "_")}_total`;
    this.#registry.add(metric, `how often: ${name.replaceAll("-", " ")}`, { amount });
  }

  #seconds(name: string, help: string, tookMs: number, labels: Labels = {}): void {
    this.#registry.observe(name, help, { labels, value: tookMs / 1_000, buckets: secondsBuckets });
  }
}
