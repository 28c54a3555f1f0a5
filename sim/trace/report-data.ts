/** What the HTML report draws: columns of numbers for the many steps, plain JSON for the rest. */

import type { PlanFault } from "../plan/plan.ts";
import type { History } from "./history.ts";

export interface ReportData {
  readonly title: string;
  readonly seed: number;
  readonly outcome: string;
  readonly untilMs: number;
  readonly nodes: readonly string[];
  readonly violations: History["violations"];
  readonly faults: readonly {
    readonly kind: string;
    readonly fromMs: number;
    readonly toMs: number;
    readonly about: string;
  }[];
  /** The first of them, in time, in words. */
  readonly calls: readonly { readonly atMs: number; readonly node: string; readonly text: string }[];
  readonly callCount: number;
  readonly samples: readonly (readonly [atMs: number, pending: number, distinctHeads: number])[];
  readonly convergedAtMs: number | null;
  readonly counts: Readonly<Record<string, number | string>>;
  readonly deltas: readonly {
    readonly id: string;
    readonly context: string;
    readonly author: number;
    readonly parents: readonly number[];
    readonly atMs: number;
    readonly kind: string;
  }[];
  readonly lacks: History["lacks"];
  readonly kinds: readonly string[];
  readonly labels: readonly string[];
}

/** Of each step. `cause` is a position, or -1; `flags` has 1 for a step that changed what the node keeps, 2 for one that turned a sync session. */
export interface ReportColumns {
  readonly timesUs: Float64Array;
  readonly nodes: Uint32Array;
  readonly kinds: Uint32Array;
  readonly causes: Int32Array;
  readonly labels: Uint32Array;
  readonly events: Uint32Array;
  readonly flags: Uint32Array;
}

const textMax = 300;
/** Calls that a report lists: what is shrunk has fewer. */
const callsShown = 40;

export function reportData(history: History): { readonly data: ReportData; readonly columns: ReportColumns } {
  const { plan, result, steps, samples, deltas, violations, lacks } = history;
  const [kinds, labels] = [new Numbering(), new Numbering()];
  const columns: ReportColumns = {
    timesUs: Float64Array.from(steps, ({ timeUs }) => timeUs),
    nodes: Uint32Array.from(steps, ({ node }) => node),
    kinds: Uint32Array.from(steps, ({ kind }) => kinds.of(kind)),
    causes: Int32Array.from(steps, ({ cause }) => cause),
    labels: Uint32Array.from(steps, ({ label }) => labels.of(label)),
    events: Uint32Array.from(steps, ({ event }) => event),
    flags: Uint32Array.from(steps, ({ isCommit, isSession }) => Number(isCommit) + 2 * Number(isSession)),
  };
  const data: ReportData = {
    ...{ title: plan.name, seed: plan.seed, outcome: result.outcome, untilMs: result.virtualMs },
    ...{ nodes: plan.nodes.map(({ id }) => id), violations, lacks },
    faults: plan.faults.map((fault) => ({
      kind: fault.kind,
      fromMs: fault.atUs / 1_000,
      toMs: Math.min(
        result.virtualMs,
        (fault.untilUs ?? (isMoment(fault) ? fault.atUs : plan.untilUs)) / 1_000,
      ),
      about: aboutFault(fault, plan.nodes),
    })),
    calls: [...plan.operations]
      .sort((a, b) => a.atUs - b.atUs)
      .slice(0, callsShown)
      .map(({ atUs, node, context, method, args }) => ({
        ...{ atMs: atUs / 1_000, node: plan.nodes[node]?.id ?? "" },
        text: `${method} ${JSON.stringify(args)} in ${context}`.slice(0, textMax),
      })),
    callCount: plan.operations.length,
    samples: samples.map(({ timeUs, pending, distinctHeads }) => [timeUs / 1_000, pending, distinctHeads]),
    convergedAtMs: result.convergedAtMs,
    counts: {
      ...{
        events: result.events,
        steps: steps.length,
        deltas: deltas.length,
        trace: result.traceHash.slice(0, 16),
      },
      ...{ acknowledged: result.acknowledged, skipped: result.skipped, refused: result.refused },
    },
    deltas: deltas.map(({ id, context, author, parents, step, kind }) => {
      return { id, context, author, parents, kind, atMs: (steps[step]?.timeUs ?? 0) / 1_000 };
    }),
    ...{ kinds: kinds.texts, labels: labels.texts },
  };
  return { data, columns };
}

/** Gives each text a number, the first 0. */
class Numbering {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.texts.length);
    this.texts.push(text);
    return this.texts.length - 1;
  }
}

function isMoment({ kind }: PlanFault): boolean {
  return kind === "join" || kind === "leave" || kind === "clock-jump";
}

/** Its fields but for the times and what is left open, nodes by their names: "n0–n4 | n5, n7". */
function aboutFault(fault: PlanFault, nodes: History["plan"]["nodes"]): string {
  const { kind: _kind, atUs: _atUs, untilUs: _untilUs, ...fields } = fault;
  const shown = Object.entries(fields).flatMap(([name, value]) => {
    if (value === null) return [];
    if (name === "groups") return (value as number[][]).map((group) => namesOf(group, nodes)).join(" | ");
    if (name === "nodes") return namesOf(value as number[], nodes);
    const isNodes = name === "from" || name === "to";
    return `${name} ${isNodes ? namesOf(value as number[], nodes) : JSON.stringify(value)}`;
  });
  return shown.join(", ").slice(0, textMax);
}

/** Three or more in a row are told by the first and the last. */
function namesOf(indexes: readonly number[], nodes: History["plan"]["nodes"]): string {
  const rows: number[][] = [];
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const row = rows.at(-1);
    if (row?.at(-1) === index - 1) row.push(index);
    else rows.push([index]);
  }
  const name = (index: number | undefined) => nodes[index ?? -1]?.id ?? "";
  return rows
    .flatMap((row) => (row.length < 3 ? row.map(name) : `${name(row[0])}–${name(row.at(-1))}`))
    .join(", ");
}
