/**
 * Who is cut off from whom, from the plan alone. Cuts that overlap in time make one family; the sides of a family
 * are the finest groups its cuts make. The screen is arranged by the sides of a family for as long as it is the
 * current one, so that a cut opens and heals without a node changing its place.
 */

import type { Plan, PlanFault } from "../../sim/plan/plan.ts";

export type CutFault = Extract<PlanFault, { kind: "partition" | "flap" }>;

export interface Side {
  readonly nodes: readonly number[];
  /** By cut of the family: which of its groups this side is in. */
  readonly groups: readonly number[];
}

export interface CutFamily {
  readonly fromUs: number;
  readonly cuts: readonly CutFault[];
  readonly sides: readonly Side[];
}

/** The families of a plan, by time. At least one: without cuts all nodes are on one side. */
export function cutFamilies(plan: Plan): readonly CutFamily[] {
  const cuts = plan.faults.filter(isCut).sort((a, b) => a.atUs - b.atUs);
  const families: CutFault[][] = [];
  let endUs = Number.NEGATIVE_INFINITY;
  for (const cut of cuts) {
    if (cut.atUs < endUs) families.at(-1)?.push(cut);
    else families.push([cut]);
    endUs = Math.max(endUs, cut.untilUs ?? plan.untilUs);
  }
  if (families.length === 0) families.push([]);
  return families.map((family) => ({
    fromUs: family[0]?.atUs ?? 0,
    cuts: family,
    sides: sidesOf(family, plan.nodes.length),
  }));
}

/** The latest that has begun, or the first. */
export function currentFamily(families: readonly CutFamily[], nowUs: number): CutFamily {
  const family = families.findLast(({ fromUs }) => fromUs <= nowUs) ?? families[0];
  return family ?? { fromUs: 0, cuts: [], sides: [] };
}

/** For each side of a family, a name it shares with exactly the sides it is not cut off from now: A, B, … */
export function sideNames(family: CutFamily, nowUs: number): readonly string[] {
  const names = new Map<string, string>();
  return family.sides.map(({ groups }) => {
    const key = groups.filter((_, index) => isActiveCut(family.cuts[index], nowUs)).join(" ");
    const name = names.get(key) ?? nameOf(names.size);
    names.set(key, name);
    return name;
  });
}

export function isCut(fault: PlanFault): fault is CutFault {
  return fault.kind === "partition" || fault.kind === "flap";
}

/** Does the fault last at this time? False for instantaneous ones. */
export function isLasting({ atUs, untilUs, kind }: PlanFault, nowUs: number): boolean {
  return !isInstantaneous(kind) && atUs <= nowUs && nowUs < (untilUs ?? Number.POSITIVE_INFINITY);
}

export function isInstantaneous(kind: PlanFault["kind"]): boolean {
  return kind === "clock-jump" || kind === "join" || kind === "leave";
}

/** A flapping cut is one in the first half of each of its periods. */
export function isActiveCut(cut: CutFault | undefined, nowUs: number): boolean {
  if (cut === undefined || !isLasting(cut, nowUs)) return false;
  return cut.kind === "partition" || (nowUs - cut.atUs) % cut.periodUs < Math.floor(cut.periodUs / 2);
}

function sidesOf(cuts: readonly CutFault[], nodeCount: number): readonly Side[] {
  const groupOfNode = cuts.map(({ groups }) => {
    // Nodes in none of the groups form one more together, the last.
    const groupOf = new Array<number>(nodeCount).fill(groups.length);
    groups.forEach((group, index) => {
      for (const node of group) groupOf[node] = index;
    });
    return groupOf;
  });
  const sides = new Map<string, { readonly nodes: number[]; readonly groups: readonly number[] }>();
  for (let node = 0; node < nodeCount; node += 1) {
    const groups = groupOfNode.map((groupOf) => groupOf[node] ?? 0);
    const side = sides.get(groups.join(" ")) ?? { nodes: [], groups };
    side.nodes.push(node);
    sides.set(groups.join(" "), side);
  }
  return [...sides.values()].sort((a, b) => compareGroups(a.groups, b.groups));
}

function compareGroups(a: readonly number[], b: readonly number[]): number {
  const differing = a.findIndex((group, index) => group !== b[index]);
  return differing === -1 ? 0 : (a[differing] ?? 0) - (b[differing] ?? 0);
}

/** A to Z, then A1, B1, … */
function nameOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}
