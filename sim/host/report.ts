/** A run's result for people, and the line that reproduces it. */

import { eventsDefault } from "../budget.ts";
import { counted } from "../counted.ts";
import type { Violation } from "../oracles/oracles.ts";
import type { RunResult } from "../result.ts";
import type { SimOptions } from "./command.ts";

const violationsShown = 10;

/** Several lines, the verdict first. */
export function formatResult(result: RunResult): string {
  const { virtualMs, wallMs, contexts, acknowledged, skipped, refused, forgiven, events } = result;
  const speed = wallMs === 0 ? "" : `, ${(virtualMs / wallMs).toFixed(1)} times real time`;
  const lines = [
    `${result.outcome === "passed" ? "passed" : `FAILED (${result.outcome})`}  ${result.scenario}  seed ${result.seed}`,
    `  ${convergence(result)}`,
    `  ${counted(result.nodes, "node")}, ${counted(acknowledged, "write")} acknowledged${extra(skipped, "skipped")}${extra(refused, "refused")}${extra(forgiven, "forgiven")}`,
    ...Object.entries(contexts).map(([id, context]) => {
      const root = context.root === null ? "members disagree" : `root ${context.root.slice(0, 16)}`;
      return `  context ${id}: ${counted(context.entities, "entity", "entities")} from ${counted(context.deltas, "delta")}, ${root}`;
    }),
    `  faults: ${counts(result.faults)}`,
    `  ${counted(events, "event")} in ${(wallMs / 1_000).toFixed(1)} s${speed}, ${Math.round(result.peakRssBytes / 1_048_576)} MiB`,
    `  trace ${result.traceHash}`,
    ...result.violations.slice(0, violationsShown).map(formatViolation),
  ];
  const hidden = result.violations.length - violationsShown;
  if (hidden > 0) lines.push(`  … and ${hidden} more ${hidden === 1 ? "violation" : "violations"}`);
  return `${lines.join("\n")}\n`;
}

function convergence({ converged, convergedAtMs, healMs }: RunResult): string {
  if (convergedAtMs === null) return converged ? "converged" : "not converged";
  return `converged at ${(convergedAtMs / 1_000).toFixed(3)} s, ${((healMs ?? 0) / 1_000).toFixed(3)} s after the last fault or write`;
}

export function formatViolation({ oracle, invariant, node, atMs, event, message }: Violation): string {
  const place = [node, `${(atMs / 1_000).toFixed(3)} s`, `event ${event}`].filter((part) => part !== null);
  return `  ! ${oracle}${invariant === null ? "" : ` (invariant ${invariant})`} at ${place.join(", ")}: ${message.replaceAll("\n", "\n      ")}`;
}

function extra(count: number, word: string): string {
  return count === 0 ? "" : `, ${count} ${word}`;
}

function counts(record: Readonly<Record<string, number>>): string {
  const parts = Object.entries(record).map(([kind, count]) => `${kind} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

/** The one line that runs this again. */
export function reproduceLine(
  file: string,
  seed: number,
  options: Pick<SimOptions, "set" | "checkDeterminism"> & Partial<Pick<SimOptions, "events">>,
): string {
  const set = options.set.map((assignment) => ` --set ${quote(assignment)}`).join("");
  const check = options.checkDeterminism === true ? " --check-determinism" : "";
  const { events: given = String(eventsDefault) } = options;
  const events = given === String(eventsDefault) ? "" : ` --events ${given}`;
  return `reproduce: npx reconverge sim ${quote(file)} --seed ${seed}${set}${check}${events}`;
}

/** As a shell takes it for one word. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
