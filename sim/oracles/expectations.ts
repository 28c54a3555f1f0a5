/** What a scenario expects, and what no run may end with, judged when it is over. */

import { present } from "../../core/assert.ts";
import { type DeltaId, toHex } from "../../core/ids.ts";
import type { Json } from "../../core/json.ts";
import type { Replica } from "../../core/replica.ts";
import { encode, equalBytes } from "../../core/wire/cbor.ts";
import type { PlanExpectation } from "../plan/plan.ts";
import type { ConvergedWatch, Simulation } from "../simulation.ts";
import { isLacking } from "../world/joining.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { HealedCore } from "./healed-core.ts";
import type { Found, Violation } from "./oracles.ts";

/** Violations found at the end of a run. */
export function judgeExpectations(simulation: Simulation): readonly Violation[] {
  const atEnd = { atMs: simulation.world.nowUs / 1_000, event: simulation.world.events };
  const found = [
    ...simulation.plan.expectations.flatMap((expectation) => judge(simulation, expectation)),
    ...lostWrites(simulation),
    ...falseBlobs(simulation),
    ...simulation.handlerRuns.judge(simulation.world.judged, simulation.world.nowUs),
  ];
  const missed = simulation.expected.flatMap((expected) => missedConvergence(simulation, expected));
  return [...missed, ...found.map((each) => ({ ...each, ...atEnd }))];
}

function judge(simulation: Simulation, expectation: PlanExpectation): readonly Found[] {
  switch (expectation.kind) {
    case "converged":
      return [];
    case "value": {
      const { context, key, equals, nodes } = expectation;
      return judgeMembers(simulation, { oracle: "value", context, nodes }, ({ node, replica }) => {
        const value = read(replica, key, node.clock.now(simulation.world.nowUs).wallMs);
        if (equalBytes(encode(value), encode(equals))) return null;
        return `expected ${JSON.stringify(equals)} under "${key}" in ${context}, found ${JSON.stringify(value)}`;
      });
    }
    case "blob": {
      const { context, name, nodes } = expectation;
      return judgeMembers(simulation, { oracle: "blob", context, nodes }, ({ node }) =>
        simulation.world.blobClients.had(node, context, name)
          ? null
          : `no client there put blob "${name}" of ${context}, or got it whole`,
      );
    }
    case "entities": {
      const { context, equals } = expectation;
      return judgeMembers(simulation, { oracle: "entities", context, nodes: null }, ({ replica }) => {
        const { liveCount } = replica.state;
        return liveCount === equals ? null : `expected ${equals} entities in ${context}, found ${liveCount}`;
      });
    }
    case "fault-counted": {
      const count = simulation.world.counters.faults[expectation.fault] ?? 0;
      if (count >= expectation.atLeast) return [];
      const message = `expected ${expectation.fault} to be applied at least ${expectation.atLeast} times, counted ${count}`;
      return [{ oracle: "fault-counted", invariant: null, node: null, message }];
    }
    case "probe-counted": {
      const { probe, atLeast, atMost } = expectation;
      const count = simulation.world.counters.probes[probe] ?? 0;
      if (count >= (atLeast ?? 0) && count <= (atMost ?? count)) return [];
      const bounds = [
        atLeast === null ? [] : `at least ${atLeast}`,
        atMost === null ? [] : `at most ${atMost}`,
      ];
      const message = `expected ${probe} to be counted ${bounds.flat().join(" and ")} times, counted ${count}`;
      return [{ oracle: "probe-counted", invariant: null, node: null, message }];
    }
  }
}

interface Member {
  readonly node: SimNode;
  readonly replica: Replica;
}

/** Asks every live member; where there is none, nobody can say that the expectation holds. */
function judgeMembers(
  simulation: Simulation,
  about: { readonly oracle: string; readonly context: string; readonly nodes: readonly number[] | null },
  wrong: (member: Member) => string | null,
): readonly Found[] {
  const members = liveMembers(simulation, about.context, about.nodes);
  if (members.length === 0) {
    const message = `no live member of ${about.context} was there to ask`;
    return [{ oracle: about.oracle, invariant: null, node: null, message }];
  }
  return members.flatMap((member) => {
    const message = wrong(member);
    return message === null ? [] : [{ oracle: about.oracle, invariant: null, node: member.node.id, message }];
  });
}

/** Live nodes that keep the context; unless some are named, without those that are ever byzantine. */
export function liveMembers(
  simulation: Simulation,
  context: string,
  nodes: readonly number[] | null,
): readonly Member[] {
  const contextId = present(simulation.world.contextIds.get(context), `context ${context}`);
  return simulation.world.nodes.flatMap((node) => {
    const replica = node.core?.replicas().get(contextId);
    const isAsked =
      nodes === null ? simulation.world.isJudgedIn(node, contextId) : nodes.includes(node.index);
    return replica === undefined || !isAsked ? [] : [{ node, replica }];
  });
}

/** A key's value by the application's own `get`; null when there is none. */
function read(replica: Replica, key: string, timeMs: number): Json {
  const execution = replica.calls.query({ method: "get", args: { key } }, timeMs);
  return execution.kind === "ran" ? execution.output : null;
}

function missedConvergence(
  simulation: Simulation,
  { expectation, watch }: ConvergedWatch,
): readonly Violation[] {
  const deadlineUs = watch.fromUs + expectation.withinMs * 1_000;
  const { convergedAtUs } = watch;
  if (convergedAtUs !== null && convergedAtUs <= deadlineUs) return [];
  const allowed = `${expectation.withinMs} ms after ${watch.fromUs / 1_000} ms`;
  const stuck = convergedAtUs === null ? whoIsStuck(simulation, expectation) : null;
  const message =
    convergedAtUs === null
      ? `not converged within ${allowed}, nor by the end: ${stuck?.reason ?? "no difference is left to name"}`
      : `converged ${(convergedAtUs - watch.fromUs) / 1_000} ms after it could, expected within ${allowed}`;
  return [
    {
      oracle: "converged",
      invariant: 2,
      node: stuck?.node ?? null,
      atMs: Math.min(deadlineUs, simulation.plan.untilUs) / 1_000,
      event: simulation.world.events,
      message,
    },
  ];
}

/** Parts of a healed core that did not converge in the time they were given. */
export function notLive(simulation: Simulation, core: HealedCore | null): readonly Violation[] {
  if (core === null) return [];
  const allowedMs = core.allowedUs / 1_000;
  const atMs = simulation.plan.untilUs / 1_000 + allowedMs;
  return core.stuck.map((part) => {
    const stuck = whoIsStuck(simulation, part);
    const within = `${part.nodes.length} nodes were healed at the end, and did not converge within ${allowedMs} ms`;
    return {
      ...{ oracle: "liveness", invariant: 2, node: stuck?.node ?? null },
      ...{ atMs, event: simulation.world.events },
      message: `${within}: ${stuck?.reason ?? "no difference is left to name"}`,
    };
  });
}

/** The node furthest behind, and a delta it lacks that others have. */
function whoIsStuck(
  simulation: Simulation,
  { context, nodes }: { readonly context: string | null; readonly nodes: readonly number[] | null },
): { readonly node: string; readonly reason: string } | null {
  const contexts = context === null ? Array.from(simulation.world.contextIds.keys()) : [context];
  for (const name of contexts) {
    const without = whoLacks(simulation, name, nodes);
    if (without !== undefined) return { node: without.id, reason: `${without.id} has nothing of ${name}` };
    const members = liveMembers(simulation, name, nodes);
    const heads = Array.from(new Set(members.flatMap(({ replica }) => replica.heads())));
    const lacking = members
      .map(({ node, replica }) => ({
        node,
        replica,
        lacks: heads.filter((head) => !replica.deltas.graph.has(head)),
      }))
      .sort((a, b) => b.lacks.length - a.lacks.length);
    const [worst] = lacking;
    const [delta] = worst?.lacks ?? [];
    if (worst !== undefined && delta !== undefined) {
      const { count } = worst.replica.deltas.pending;
      return {
        node: worst.node.id,
        reason: `${worst.node.id} lacks delta ${toHex(delta)} of ${name} and has ${count} pending`,
      };
    }
    if (members.length === 0) return { node: "nobody", reason: `no live member of ${name} is left` };
    const waiting = members.find(({ replica }) => replica.deltas.pending.count > 0);
    if (waiting !== undefined) {
      const { count } = waiting.replica.deltas.pending;
      return {
        node: waiting.node.id,
        reason: `${waiting.node.id} still has ${count} deltas of ${name} pending`,
      };
    }
    const owing = members.find(({ replica }) => replica.owed.untriedCount > 0);
    if (owing !== undefined) {
      const { untriedCount } = owing.replica.owed;
      return {
        node: owing.node.id,
        reason: `${owing.node.id} still owes ${name} ${untriedCount} handlers or calls`,
      };
    }
    const [first, ...others] = members;
    const other = others.find(({ replica }) => replica.stateRoot() !== first?.replica.stateRoot());
    if (first !== undefined && other !== undefined) {
      const reason = `${other.node.id} has another state of ${name} than ${first.node.id}, on the same heads`;
      return { node: other.node.id, reason };
    }
  }
  return null;
}

/** A running node that is to agree about a context and does not keep it. */
function whoLacks(
  { world }: Simulation,
  context: string,
  nodes: readonly number[] | null,
): SimNode | undefined {
  const contextId = present(world.contextIds.get(context), `context ${context}`);
  const asked = world.nodes.filter(({ index }) => nodes === null || nodes.includes(index));
  return asked.find((node) => isLacking(world, node, contextId));
}

/** A client was given what is not the blob it asked for. */
function falseBlobs(simulation: Simulation): readonly Found[] {
  const { blobClients, judged } = simulation.world;
  return blobClients.memory.wrong.flatMap(({ node, name }) => {
    const asked = judged.find(({ index }) => index === node);
    const message = `a client was given bytes that are not of blob "${name}"`;
    return asked === undefined ? [] : [{ oracle: "blob-content", invariant: 7, node: asked.id, message }];
  });
}

/** Acknowledged writes that no disk holds any more, but for those that left with their last holder. */
function lostWrites(simulation: Simulation): readonly Found[] {
  return classifyLost(simulation).lost.map(({ id, author }) => ({
    oracle: "acknowledged-kept",
    invariant: 5,
    node: author.id,
    message: `${toHex(id)} was acknowledged by ${author.id} and is on no disk`,
  }));
}

/** What became of acknowledged writes that no node in the run holds: lost, or gone with a node that left. */
export function classifyLost(simulation: Simulation): {
  readonly lost: readonly { readonly id: DeltaId; readonly author: SimNode }[];
  readonly forgiven: number;
} {
  const nodes = simulation.world.judged;
  const staying = nodes.filter(({ status }) => status === "up" || status === "down");
  const left = nodes.filter(({ status }) => status === "left");
  const { kept, acknowledged, destroyed } = simulation.oracles;
  const lost: { id: DeltaId; author: SimNode }[] = [];
  let forgiven = 0;
  for (const [contextId, writes] of acknowledged) {
    for (const [id, index] of writes) {
      const isKept = ({ disk }: SimNode) => kept.has(disk, contextId, id);
      if (staying.some(isKept)) continue;
      if (left.some(isKept) || destroyed.has(id)) forgiven += 1;
      else lost.push({ id, author: simulation.world.node(index) });
    }
  }
  return { lost, forgiven };
}
