/**
 * Two replicas of 10,000 operations that were in sync and then wrote apart: what one session costs, beside Automerge
 * and Yjs doing the same in the same process. Each round all begin with copies of the same replicas, in turn.
 */

import type { DeltaId } from "../core/ids.ts";
import { BenchNode } from "./bench-node.ts";
import { median, row } from "./figures.ts";
import { Pair } from "./sync-pair.ts";
import { automergeInSync, yjsInSync } from "./sync-peers.ts";
import { type InSync, type Session, sides, Workload, type Writes } from "./sync-workload.ts";

const base = 10_000;
const differences = [10, 100, 1_000];
/** The first of which warms up. */
const rounds = 8;
/** No periodic session comes in between. */
const config = { syncFrequencyMs: 24 * 3_600_000 };

export function benchWarm(): void {
  const workload = new Workload(1);
  const writes = workload.next(base);
  const replicas: Readonly<Record<string, InSync>> = {
    Reconverge: reconvergeInSync(writes),
    "Automerge, registers": automergeInSync(writes, "registers"),
    "Automerge, texts": automergeInSync(writes, "texts"),
    Yjs: yjsInSync(writes),
  };
  for (const difference of differences) {
    const sessions = new Map(Object.keys(replicas).map((name): [string, Session[]] => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      const apart = workload.next(difference);
      for (const [name, sync] of Object.entries(replicas)) sessions.get(name)?.push(sync(apart));
    }
    print(difference, sessions);
  }
}

function reconvergeInSync(writes: Writes): InSync {
  const nodes = [
    BenchNode.start("a", { seed: 1, config }),
    BenchNode.start("b", { seed: 2, config }),
  ] as const;
  const contextId = nodes[0].create();
  nodes[1].join(contextId, nodes[0].sealed(contextId as string as DeltaId));
  const write = (pair: readonly [BenchNode, BenchNode], each: Writes) => {
    for (const side of sides) for (const { key, value } of each[side]) pair[side].set(contextId, key, value);
  };
  write(nodes, writes);
  new Pair(nodes, contextId).meet();
  return (apart) => {
    const forks = [nodes[0].fork(), nodes[1].fork()] as const;
    write(forks, apart);
    const { bytes, hops, cpuMs, streams } = new Pair(forks, contextId).meet();
    if (streams !== 1) throw new Error(`one session took ${streams}`);
    return { bytes, hops, cpuMs: cpuMs[0] + cpuMs[1] };
  };
}

function print(difference: number, sessions: ReadonlyMap<string, readonly Session[]>): void {
  const of = (name: string, what: keyof Session) =>
    median((sessions.get(name) ?? []).slice(1).map((session) => session[what]));
  const against = (name: string, what: keyof Session) => (of("Reconverge", what) / of(name, what)).toFixed(2);
  for (const name of sessions.keys()) {
    const figures = [
      `${of(name, "bytes").toLocaleString("en")} B`,
      `${of(name, "hops") / 2} round trips`,
      `CPU ${of(name, "cpuMs").toFixed(1)} ms`,
    ];
    if (name !== "Reconverge")
      figures.push(
        `Reconverge takes ${against(name, "bytes")} of its bytes, ${against(name, "cpuMs")} of its CPU`,
      );
    row(`warm, ${difference.toLocaleString("en")} of 10,000 differ: ${name}`, figures.join(", "));
  }
}
