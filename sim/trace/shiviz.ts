/**
 * A run for ShiViz: two lines for each step, the host with its vector clock and what happened. It is read with the
 * expression that ShiViz offers first, which stands in `shivizExpression`.
 */

import type { History } from "./history.ts";
import type { Selection } from "./selection.ts";

export const shivizExpression = "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)";

/** Clocks count the steps that are shown, so each host's own goes up by one from line to line. O(steps × nodes). */
export function* shiviz({ plan }: History, { steps }: Selection): Generator<string> {
  const names = plan.nodes.map(({ id }) => hostName(id));
  const now = new Map<number, ReadonlyMap<number, number>>();
  const atStep = new Map<number, ReadonlyMap<number, number>>();
  for (const [position, { node, cause, label, timeUs, event }] of steps) {
    const clock = new Map(now.get(node) ?? []);
    for (const [other, count] of atStep.get(cause) ?? [])
      clock.set(other, Math.max(clock.get(other) ?? 0, count));
    clock.set(node, (clock.get(node) ?? 0) + 1);
    now.set(node, clock);
    atStep.set(position, clock);
    const entries = Array.from(clock, ([other, count]) => [names[other] ?? "", count] as const);
    const host = names[node] ?? "";
    yield `${host} ${JSON.stringify(Object.fromEntries(entries))}\n`;
    yield `${oneLine(label)} (${timeUs / 1_000} ms, event ${event})\n`;
  }
}

/** ShiViz takes a host to be one word. */
function hostName(id: string): string {
  return id.replaceAll(/\s/g, "_");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}
