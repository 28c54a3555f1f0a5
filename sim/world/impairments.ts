/** What nodes suffer at a moment from the faults that last and concern nodes alone: their pace, their disks, their honesty. */

import type { PlanFault } from "../plan/plan.ts";
import type { Behaviour } from "../scenario/behaviours.ts";

export type NodeFault = Extract<
  PlanFault,
  { kind: "slow" | "disk-slow" | "disk-full" | "disk-fail" | "byzantine" }
>;

export interface Impairment {
  /** For each input, in microseconds. */
  readonly inputUs: number;
  /** In the place of the plan's; null where the disk is as fast as ever. */
  readonly syncUs: readonly [number, number] | null;
  readonly isDiskFull: boolean;
  /** The part of the syncs that fails. */
  readonly failRate: number;
  /** Empty for an honest node. */
  readonly behaviours: readonly Behaviour[];
}

export const unimpaired: Impairment = {
  ...{ inputUs: 0, syncUs: null, isDiskFull: false, failRate: 0, behaviours: [] },
};

/** What an input costs a node that is slow by a factor of one: about what a delta costs a real one. */
const inputUs = 200;

/** What a node suffers from all of these that name it. */
export function impairmentOf(node: number, faults: Iterable<NodeFault>): Impairment {
  let impairment = unimpaired;
  for (const fault of faults) if (fault.nodes.includes(node)) impairment = worsened(impairment, fault);
  return impairment;
}

function worsened(before: Impairment, fault: NodeFault): Impairment {
  switch (fault.kind) {
    case "slow":
      return { ...before, inputUs: before.inputUs + Math.round(inputUs * fault.factor) };
    case "disk-slow":
      return { ...before, syncUs: slower(before.syncUs, fault.syncUs) };
    case "disk-full":
      return { ...before, isDiskFull: true };
    case "disk-fail":
      return { ...before, failRate: 1 - (1 - before.failRate) * (1 - fault.rate) };
    case "byzantine":
      return { ...before, behaviours: Array.from(new Set([...before.behaviours, ...fault.behaviours])) };
  }
}

function slower(
  a: readonly [number, number] | null,
  b: readonly [number, number],
): readonly [number, number] {
  return a === null || b[1] > a[1] ? b : a;
}
