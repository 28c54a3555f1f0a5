/** The part of a history that a small picture has room for: what led to the first violation, where it happened. */

import type { History, Step } from "./history.ts";

export interface Selection {
  /** By position in the history. */
  readonly steps: ReadonlyMap<number, Step>;
  readonly nodes: readonly number[];
  /** What was left out and why these were kept, in a sentence; null when everything fits. */
  readonly cut: string | null;
}

/** Kinds of steps that neither sent, nor were sent, nor changed anything are left out first. O(steps). */
export function select(
  history: History,
  { stepsMax, nodesMax }: { stepsMax: number; nodesMax: number },
): Selection {
  const { steps, plan } = history;
  const nodes = chooseNodes(history, nodesMax);
  const isChosen = new Set(nodes);
  const causes = new Set(steps.map(({ cause }) => cause));
  const first = history.violations[0];
  const endUs = first === undefined ? Number.POSITIVE_INFINITY : first.atMs * 1_000;
  const telling = Array.from(steps.entries()).filter(
    ([position, { node, cause, isCommit, kind }]) =>
      isChosen.has(node) && (isCommit || cause !== -1 || causes.has(position) || kind === "request"),
  );
  const until = telling.filter(([, { timeUs }]) => timeUs <= endUs);
  const kept = (until.length === 0 ? telling : until).slice(-stepsMax);
  const isAll = kept.length === telling.length && nodes.length === plan.nodes.length;
  const why =
    first === undefined ? "the last of them" : `those up to the first violation at ${first.atMs} ms`;
  const cut = isAll
    ? null
    : `cut to ${kept.length} of ${telling.length} telling steps, ${why}, on ${nodes.length} of ${plan.nodes.length} nodes`;
  return { steps: new Map(kept), nodes, cut };
}

/** The node of the first violation and those it hears from most; else those that hear from each other most. */
function chooseNodes({ plan, steps, violations }: History, nodesMax: number): readonly number[] {
  const all = plan.nodes.map((_, index) => index);
  if (all.length <= nodesMax) return all;
  const named = plan.nodes.findIndex(({ id }) => id === violations[0]?.node);
  const heard = new Map<number, number>();
  for (const { node, cause } of steps) {
    const sender = steps[cause]?.node;
    if (sender === undefined || (named !== -1 && node !== named && sender !== named)) continue;
    for (const each of [node, sender]) heard.set(each, (heard.get(each) ?? 0) + 1);
  }
  const order = all.toSorted((a, b) => (heard.get(b) ?? 0) - (heard.get(a) ?? 0) || a - b);
  const first = named === -1 ? order : [named, ...order.filter((node) => node !== named)];
  return first.slice(0, nodesMax).sort((a, b) => a - b);
}
