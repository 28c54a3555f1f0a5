/** What the panes show of live nodes. */

import type { Controls } from "../controls.ts";
import type { EventRow, NodePane, PaneView, Row, Tone } from "../pane-views.ts";
import { formatCount } from "../text.ts";
import type { LiveContext, LiveNode } from "./live-node.ts";

/** Something that happened to a node. */
export interface LiveEntry extends EventRow {
  readonly number: number;
}

const idShown = 12;

export function livePane(about: {
  readonly controls: Controls;
  readonly nodes: readonly LiveNode[];
  readonly contextId: string | null;
  readonly slot: number | null;
  readonly entries: readonly LiveEntry[];
}): PaneView {
  const { controls, nodes, contextId, slot, entries } = about;
  const { pane, scroll, help } = controls;
  if (help !== null) return help;
  const chosen = nodes.find(({ name }) => name === controls.node());
  switch (pane) {
    case "node":
      if (chosen === undefined) return { kind: "cluster", selected: null };
      return { kind: "node", node: nodePane(chosen, { contextId, slot, nodes }), scroll };
    case "links":
      return {
        kind: "links",
        links: { schedule: [], counts: countRows(nodes), links: connectionRows(nodes) },
        scroll,
      };
    case "events":
      return { kind: "events", events: eventsPane(controls, entries) };
    default: {
      const text = chosen === undefined || controls.selected === null ? null : describe(chosen, contextId);
      return { kind: "cluster", selected: text };
    }
  }
}

function describe(node: LiveNode, contextId: string | null): string {
  if (node.trouble !== null) return `${node.name} · ${node.trouble}`;
  const context = node.contexts.find(({ id }) => id === contextId);
  const standing =
    context === undefined
      ? "not in this context"
      : `${formatCount(context.applied)} deltas, ${context.heads.length} heads, ${context.pending} pending`;
  return `${node.name} · ${node.state} · ${standing} · ${node.peers.length} peers`;
}

function nodePane(
  node: LiveNode,
  {
    contextId,
    slot,
    nodes,
  }: { readonly contextId: string | null; readonly slot: number | null; readonly nodes: readonly LiveNode[] },
): NodePane {
  const context = node.contexts.find(({ id }) => id === contextId);
  const nameOf = (peer: string) => nodes.find((other) => other.peer === peer)?.name ?? peer.slice(-idShown);
  return {
    title: `${node.name} · ${node.state} · ${node.url}`,
    slot,
    trouble: troubleOf(node, context),
    facts: [
      { title: "standing", rows: context === undefined ? [] : standingRows(context, nodes) },
      {
        title: "node",
        rows: [
          row("peer id", node.peer),
          row("up for", `${formatCount(node.uptimeMs / 1_000)} s`),
          row("contexts", String(node.contexts.length)),
        ],
      },
    ],
    around: [
      {
        title: "peers",
        rows: node.peers.map(({ peer, contexts }) =>
          row(nameOf(peer), contexts.includes(contextId ?? "") ? "has the context" : "connected"),
        ),
      },
      {
        title: "last sync with each peer",
        rows: node.verdicts
          .filter((verdict) => verdict.context === contextId)
          .map(({ peer, protocol, outcome, at, areRootsEqual }) =>
            row(
              nameOf(peer),
              `${protocol} ${outcome} at ${at.slice(11, 19)}${areRootsEqual === false ? ", ROOTS DIFFER" : ""}`,
              areRootsEqual === false ? "bad" : "plain",
            ),
          ),
      },
    ],
    graph: [],
  };
}

function troubleOf({ trouble, verdicts }: LiveNode, context: LiveContext | undefined): readonly Row[] {
  return [
    ...(trouble === null ? [] : [row("silent", trouble, "bad")]),
    ...(context !== undefined && context.pending > 0
      ? [row("waits", `${context.pending} deltas wait for their parents`, "warning")]
      : []),
    ...(context !== undefined && context.parked > 0
      ? [row("parked", `${context.parked} pieces of work failed too often; p has them tried again`, "bad")]
      : []),
    ...(verdicts.some(({ areRootsEqual }) => areRootsEqual === false)
      ? [row("diverged", "the same heads as a peer, and another root", "bad")]
      : []),
  ];
}

function standingRows(context: LiveContext, nodes: readonly LiveNode[]): readonly Row[] {
  const all = nodes.flatMap(({ contexts }) => contexts.filter(({ id }) => id === context.id));
  const most = all.reduce((max, { applied }) => Math.max(max, applied), 0);
  const same = all.filter(({ root }) => root === context.root).length;
  return [
    row("context", `${context.id}, ${context.application}`),
    row("root", `${context.root.slice(0, idShown)}, as ${same} of ${all.length} nodes`),
    row(
      "heads",
      `${context.heads.length}: ${context.heads
        .slice(0, 3)
        .map((head) => head.slice(0, 7))
        .join(" ")}`,
    ),
    row("deltas", `${formatCount(context.applied)} applied, ${context.pending} pending`),
    ...(most > context.applied
      ? [row("lacks", `at least ${most - context.applied} deltas that another has`, "warning")]
      : []),
    row("entities", formatCount(context.entities)),
    row("owed work", `${context.owed} waiting, ${context.parked} parked`),
  ];
}

/** Who is connected to whom, of those that are watched. */
function connectionRows(nodes: readonly LiveNode[]): readonly Row[] {
  return pairsOf(nodes).map(({ a, b, ends }) => {
    const text =
      ends === 2 ? "connected" : ends === 1 ? "connected by what one of them says" : "not connected";
    return row(`${a} – ${b}`, text, ends === 2 ? "plain" : "warning");
  });
}

function countRows(nodes: readonly LiveNode[]): readonly Row[] {
  const pairs = pairsOf(nodes);
  const count = (wanted: number) => pairs.filter(({ ends }) => ends === wanted).length;
  const others = new Set(nodes.flatMap(({ peers }) => peers.map(({ peer }) => peer)));
  for (const { peer } of nodes) others.delete(peer);
  return [
    row(String(count(2)), "connected", "good"),
    ...(count(1) > 0 ? [row(String(count(1)), "by what one end says", "warning")] : []),
    ...(count(0) > 0 ? [row(String(count(0)), "not connected", "warning")] : []),
    row(String(others.size), "peers that are not watched"),
  ];
}

function pairsOf(nodes: readonly LiveNode[]) {
  const knows = (from: LiveNode, to: LiveNode) => from.peers.some(({ peer }) => peer === to.peer);
  return nodes.flatMap((a, index) =>
    nodes
      .slice(index + 1)
      .map((b) => ({ a: a.name, b: b.name, ends: Number(knows(a, b)) + Number(knows(b, a)) })),
  );
}

function eventsPane({ filter, logUntil, scroll }: Controls, entries: readonly LiveEntry[]) {
  const { node, kind, text } = filter;
  const passing = entries.filter(
    (entry) =>
      (node === null || entry.node === node) &&
      (kind === null || entry.kind === kind) &&
      (logUntil === null || entry.number <= logUntil) &&
      `${entry.node} ${entry.text}`.toLowerCase().includes(text.toLowerCase()),
  );
  const parts = [
    ...(node === null ? [] : [`node ${node}`]),
    ...(kind === null ? [] : [kind]),
    ...(text === "" ? [] : [`"${text}"`]),
  ];
  return {
    entries: passing.slice(0, passing.length - scroll),
    filter: parts.length === 0 ? "all" : `only ${parts.join(", ")}`,
    isFollowing: logUntil === null,
  };
}

function row(label: string, text: string, tone: Tone = "plain"): Row {
  return { label, text, tone };
}
