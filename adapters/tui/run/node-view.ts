/** What a node of a run looks like in the node pane: what is wrong with it comes first. */

import { toHex } from "../../../core/ids.ts";
import type { DeltaInWords } from "../../../sim/watch/delta-words.ts";
import type { LinkState } from "../../../sim/watch/link-states.ts";
import type {
  Lacks,
  NodeDetail,
  PeerDetail,
  SessionDetail,
  Standing,
} from "../../../sim/watch/node-detail.ts";
import type { GraphDelta, NodePane, Row, Section, Tone } from "../pane-views.ts";
import { formatCount } from "../text.ts";

const idDigits = 7;
const idsShown = 5;
const timersShown = 6;

interface About {
  readonly slot: number | null;
  /** When it was last given something by a peer. */
  readonly heardUs: ReadonlyMap<string, number>;
  readonly nowUs: number;
}

export function nodePaneOf(detail: NodeDetail, { slot, heardUs, nowUs }: About): NodePane {
  const { standing, peers, sessions } = detail;
  return {
    title: `${detail.id} · ${detail.status}${detail.behaviours.length > 0 ? " · byzantine" : ""}`,
    slot,
    trouble: troubleOf(detail),
    facts: [
      ...(standing === null
        ? []
        : [...lackSections(standing.lacks), { title: "standing", rows: standingRows(standing) }]),
      { title: "machine", rows: machineRows(detail) },
    ],
    around: [
      { title: "peers", rows: peers.map((peer) => peerRow(peer, heardUs.get(peer.id), nowUs)) },
      { title: "sync sessions", rows: sessions.map(sessionRow) },
      { title: "wakes for", rows: timerRows(detail) },
    ],
    graph: standing === null ? [] : graphOf(standing),
  };
}

/** What should not be, in sentences. */
function troubleOf({ standing, disk, inbox, peers, behaviours }: NodeDetail): readonly Row[] {
  const rows: Row[] = [];
  const add = (label: string, text: string, tone: Tone = "bad") => rows.push({ label, text, tone });
  if (standing !== null && standing.ready > 0 && !standing.isApplyingSoon)
    add("stuck", `deltas that could be applied: ${standing.ready}; and it has no wake-up set to apply them`);
  else if (standing !== null && standing.ready > 0)
    add("behind", `${standing.ready} deltas wait for the next turn`, "warning");
  if (standing !== null && standing.pending > 0) {
    const from =
      standing.missing.length === 0
        ? "deltas not applied yet"
        : `parents it has not: ${shortIds(standing.missing)}`;
    add("waits", `${standing.pending} deltas wait for ${from}`, "warning");
  }
  if (standing?.lacks != null && standing.lacks.values.length > 0)
    add("diverged", `the same deltas as ${standing.lacks.against}, and another state`);
  const [deaf, mute] = [
    peers.filter(({ to, from }) => from.isCut && !to.isCut),
    peers.filter(({ to, from }) => to.isCut && !from.isCut),
  ];
  if (mute.length > 0) add("one way", `what it says does not reach ${ids(mute)}, whom it could hear`);
  if (deaf.length > 0) add("one way", `it does not hear ${ids(deaf)}, who could hear it`);
  if (disk.isFailing) add("disk", "does not take what is written");
  if (inbox > 0) add("inbox", `${inbox} inputs wait until it can handle them`, "warning");
  if (behaviours.length > 0) add("byzantine", behaviours.join(", "));
  return rows;
}

function ids(peers: readonly PeerDetail[]): string {
  const shown = peers.slice(0, idsShown).map(({ id }) => id);
  return peers.length > idsShown
    ? `${shown.join(", ")} and ${peers.length - idsShown} more`
    : shown.join(", ");
}

function lackSections(lacks: Lacks | null): readonly Section[] {
  if (lacks === null) return [];
  const { majority, against, missing, first, beyond, values } = lacks;
  const rows: Row[] = [
    ...(missing > 0 ? [row("lacks", `${formatCount(missing)} deltas that ${against} has`, "warning")] : []),
    ...(beyond > 0
      ? [row("has besides", `${formatCount(beyond)} deltas that ${against} has not`, "warning")]
      : []),
    ...first.map((delta) => row(shortId(delta.id), wordsOf(delta))),
    ...values.map(({ place, here, there, isTie }) =>
      row(place, `${isTie ? "a tie, both of one moment: " : ""}${here} here, ${there} there`, "bad"),
    ),
  ];
  return [{ title: `against the majority (${against} and ${majority - 1} more)`, rows }];
}

function standingRows(standing: Standing): readonly Row[] {
  const { heads, applied, entities, pending, ready, owed, parked } = standing;
  return [
    row("heads", `${heads.length}: ${shortIds(heads)}`),
    row("deltas", `${formatCount(applied)} applied, ${pending} pending, ${ready} ready`),
    row("entities", formatCount(entities)),
    ...(owed + parked > 0 ? [row("owed work", `${owed} waiting, ${parked} parked`)] : []),
  ];
}

function machineRows({ clock, disk, states }: NodeDetail): readonly Row[] {
  const sign = clock.errorMs > 0 ? "+" : "";
  return [
    row("clock", `${sign}${clock.errorMs} ms off, drifts by ${clock.driftPpm} ppm`),
    ...(disk.unsynced > 0 ? [row("disk", `${disk.unsynced} batches not synced yet`)] : []),
    ...(states > 0 ? [row("states", `${states} transfers`)] : []),
  ];
}

function peerRow(
  { id, isConnected, isSubscribed, isInMesh, to, from }: PeerDetail,
  heardUs: number | undefined,
  nowUs: number,
): Row {
  const links = [linkWords("→", to), linkWords("←", from)].filter((words) => words !== "");
  const standing = isConnected
    ? isInMesh
      ? "mesh"
      : isSubscribed
        ? "subscribed"
        : "connected"
    : "not connected";
  const heard = heardUs === undefined ? "" : `heard ${((nowUs - heardUs) / 1_000_000).toFixed(1)} s ago`;
  const tone = to.isCut || from.isCut ? "bad" : isConnected ? "plain" : "warning";
  return row(id, [standing, ...links, heard].filter((words) => words !== "").join(", "), tone);
}

function linkWords(arrow: string, { isCut, loss, corrupt }: LinkState): string {
  if (isCut) return `${arrow} cut`;
  const troubles = [
    ...(loss > 0.05 ? [`loses ${Math.round(loss * 100)} %`] : []),
    ...(corrupt > 0 ? [`damages ${Math.round(corrupt * 100)} %`] : []),
  ];
  return troubles.length === 0 ? "" : `${arrow} ${troubles.join(" and ")}`;
}

function sessionRow({ peer, role, purpose, protocol, state, sent, toSend, gained }: SessionDetail): Row {
  const progress = toSend > 0 ? ` ${sent} of ${toSend}` : "";
  const gain = gained > 0 ? `, got ${gained}` : "";
  const chosen = protocol ?? (purpose === "pull" ? "pull" : "no protocol yet");
  return row(peer, `${chosen}, ${state}${progress}${gain}, ${role}`);
}

function timerRows({ timers }: NodeDetail): readonly Row[] {
  const shown = timers
    .slice(0, timersShown)
    .map(({ purpose, inMs }) => row(purpose, `in ${(inMs / 1_000).toFixed(1)} s`));
  const hidden = timers.length - shown.length;
  return hidden > 0 ? [...shown, row("", `and ${hidden} more`)] : shown;
}

function graphOf({ recent, heads }: Standing): readonly GraphDelta[] {
  const isHead = new Set<string>(heads);
  return recent.map((delta) => ({
    id: shortId(delta.id),
    parents: delta.parents.map(shortId),
    isHead: isHead.has(delta.id),
    text: wordsOf(delta),
  }));
}

function wordsOf({ author, text }: DeltaInWords): string {
  return author === null ? text : `${author}: ${text}`;
}

function shortId(id: string): string {
  return toHex(id.slice(0, idDigits)).slice(0, idDigits);
}

function shortIds(ids: readonly string[]): string {
  const shown = ids.slice(0, idsShown).map(shortId).join(" ");
  return ids.length > idsShown ? `${shown} and ${ids.length - idsShown} more` : shown;
}

function row(label: string, text: string, tone: Tone = "plain"): Row {
  return { label, text, tone };
}
