/** What a shrunk scenario is called, and the sentences that say what it shows. */

import { counted } from "../counted.ts";
import type { Violation } from "../oracles/oracles.ts";
import type { ExplicitScenario } from "./explicit.ts";
import { nodeIds } from "./without.ts";

/** Characters of a message that are shown. */
const shownMax = 300;
const nameMax = 120;

/** What there is to tell: a shrunk scenario, the violation in it, and whether anything might still be taken out. */
export interface Shrunk {
  readonly scenario: ExplicitScenario;
  readonly violation: Violation;
  readonly isMinimal: boolean;
}

/** `converged-2-nodes-crash`, say: the oracle, how many nodes, which faults it takes, and whether more might go. */
export function nameOf({ scenario, violation, isMinimal }: Shrunk): string {
  const kinds = Array.from(new Set(scenario.faults.map(({ kind }) => kind)));
  const nodes = nodeIds(scenario).length;
  const words = [violation.oracle, `${nodes}-${nodes === 1 ? "node" : "nodes"}`, ...kinds];
  return [...(isMinimal ? [] : ["not-minimal"]), ...words].join("-").slice(0, nameMax);
}

export function descriptionOf({ scenario, violation, isMinimal }: Shrunk): string {
  const { workload, faults } = scenario;
  const nodes = nodeIds(scenario).length;
  const what = [
    counted(nodes, "node"),
    counted(workload.length, "call"),
    faults.length === 0 ? "no fault" : faults.map(({ kind }) => kind).join(", "),
  ];
  const { oracle, invariant, node, atMs, message } = violation;
  const broken = `${oracle}${invariant === null ? "" : ` (invariant ${invariant})`}`;
  const where = node === null ? "" : ` on ${node}`;
  const said = message.split("\n")[0]?.slice(0, shownMax) ?? "";
  const unfinished = isMinimal ? "" : "Not minimal, shrinking was cut off. ";
  return `${unfinished}With ${what.join(", ")}, ${broken} is violated at ${(atMs / 1_000).toFixed(3)} s${where}: ${said}`;
}
