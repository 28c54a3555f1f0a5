/** A run as a Mermaid sequence diagram: a participant for each node, an arrow for each message, notes for what clients asked. */

import type { History } from "./history.ts";
import type { Selection } from "./selection.ts";

/** Of a violation: what it rests on, too, but no long stack. */
const linesShown = 14;

export function* mermaid({ plan, violations }: History, { steps, nodes, cut }: Selection): Generator<string> {
  yield "sequenceDiagram\n";
  if (cut !== null) yield `  %% ${escaped(cut)}\n`;
  for (const node of nodes) yield `  participant p${node} as ${escaped(plan.nodes[node]?.id ?? "")}\n`;
  if (cut !== null) yield `  Note over ${span(nodes)}: ${escaped(cut)}\n`;
  for (const [, { node, cause, label, timeUs, kind }] of steps) {
    const text = escaped(`${timeUs / 1_000} ms ${label}`);
    const sender = steps.get(cause);
    if (sender !== undefined) yield `  p${sender.node}${kind === "gossip" ? "-)" : "->>"}p${node}: ${text}\n`;
    else yield `  Note over p${node}: ${text}\n`;
  }
  for (const { oracle, node, message } of violations.slice(0, 1)) {
    const at = plan.nodes.findIndex(({ id }) => id === node);
    const over = nodes.includes(at) ? `p${at}` : span(nodes);
    yield `  Note over ${over}: ${`VIOLATION ${oracle}: ${message}`.split("\n").slice(0, linesShown).map(escaped).join("<br/>")}\n`;
  }
}

/** From the first participant to the last. */
function span(nodes: readonly number[]): string {
  const ends = nodes.length > 1 ? [nodes[0], nodes.at(-1)] : nodes;
  return ends.map((node) => `p${node}`).join(",");
}

/** What could be syntax becomes a character code, as Mermaid has it. */
function escaped(text: string): string {
  return text.replaceAll(/[^\w .,:()/=+-]/gu, (character) => `#${character.codePointAt(0)};`);
}
