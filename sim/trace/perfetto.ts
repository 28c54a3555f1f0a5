/**
 * A run for Perfetto and chrome://tracing: a track for each node with a slice for each step, flows for messages,
 * counters, and the faults on tracks of their own. Source: the Trace Event Format (Google, 2016).
 */

import type { PlanFault } from "../plan/plan.ts";
import type { History, Step } from "./history.ts";

type TraceEvent = Readonly<Record<string, unknown>>;

const processes = { nodes: 1, faults: 2 } as const;
/** A step takes no virtual time; so that it can be seen it lasts this long, or until the node's next one. */
const shownUs = 50;

/** Pieces of one JSON text. */
export function* perfetto(history: History): Generator<string> {
  yield '{"displayTimeUnit":"ms","traceEvents":[';
  let separator = "\n";
  for (const event of traceEvents(history)) {
    yield `${separator}${JSON.stringify(event)}`;
    separator = ",\n";
  }
  yield "\n]}\n";
}

function* traceEvents(history: History): Generator<TraceEvent> {
  const { plan, result, steps, samples, violations } = history;
  yield named("process_name", processes.nodes, 0, "nodes");
  yield named("process_name", processes.faults, 0, "faults");
  for (const [index, { id }] of plan.nodes.entries())
    yield named("thread_name", processes.nodes, index + 1, id);
  const durations = durationsOf(steps);
  for (const [position, step] of steps.entries()) {
    const place = { pid: processes.nodes, tid: step.node + 1, ts: step.timeUs };
    const args = { event: step.event, what: step.label };
    yield { ph: "X", name: step.kind, cat: "step", dur: durations[position] ?? 1, ...place, args };
  }
  for (const [position, { cause, node, timeUs, kind }] of steps.entries()) {
    const sender = steps[cause];
    if (sender === undefined) continue;
    const flow = { cat: "message", name: kind, id: position, pid: processes.nodes };
    yield { ph: "s", ...flow, tid: sender.node + 1, ts: sender.timeUs };
    yield { ph: "f", bp: "e", ...flow, tid: node + 1, ts: timeUs };
  }
  for (const { timeUs: ts, pending, distinctHeads } of samples) {
    yield { ph: "C", name: "pending deltas", pid: processes.nodes, ts, args: { pending } };
    yield { ph: "C", name: "distinct heads", pid: processes.nodes, ts, args: { distinctHeads } };
  }
  for (const [index, fault] of plan.faults.entries())
    yield* faultEvents(fault, index, Math.min(plan.untilUs, result.virtualMs * 1_000));
  for (const { oracle, node, atMs, message } of violations) {
    const index = plan.nodes.findIndex(({ id }) => id === node);
    const place = { pid: processes.nodes, tid: Math.max(0, index) + 1, ts: atMs * 1_000 };
    yield { ph: "i", s: "g", name: `VIOLATION ${oracle}`, cat: "violation", ...place, args: { message } };
  }
}

function* faultEvents(fault: PlanFault, index: number, endUs: number): Generator<TraceEvent> {
  const { kind, atUs, untilUs } = fault;
  yield named("thread_name", processes.faults, index + 1, `${index} ${kind}`);
  const place = { pid: processes.faults, tid: index + 1, ts: atUs };
  yield { ph: "X", name: kind, cat: "fault", dur: (untilUs ?? endUs) - atUs, ...place, args: { ...fault } };
}

function named(what: string, pid: number, tid: number, name: string): TraceEvent {
  return { ph: "M", name: what, pid, tid, args: { name } };
}

/** Slices of one track may not overlap by halves: each ends where the node's next begins; those of one moment nest. */
function durationsOf(steps: readonly Step[]): readonly number[] {
  const durations = new Array<number>(steps.length);
  const later = new Map<number, { timeUs: number; nextUs: number }>();
  for (const [position, { node, timeUs }] of Array.from(steps.entries()).reverse()) {
    const seen = later.get(node);
    const next =
      seen === undefined ? Number.POSITIVE_INFINITY : seen.timeUs === timeUs ? seen.nextUs : seen.timeUs;
    durations[position] = Math.max(1, Math.min(shownUs, next - timeUs));
    later.set(node, { timeUs, nextUs: next });
  }
  return durations;
}
