/** A node's status as a person reads it: the node, then each context, with what keeps it from being ready and its peers. */

import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { table } from "./output.ts";

const headsShownMax = 3;
const blobsShownMax = 3;

/** `status` and `contexts` as the API tells them. */
export function statusText(status: JsonObject, contexts: readonly JsonObject[]): string {
  const sync = objectsIn(status.sync);
  const blocks = contexts.map((context) =>
    contextText(
      context,
      sync.filter((row) => row.context === context.id),
    ),
  );
  return [nodeText(status), ...blocks].join("\n\n");
}

function nodeText(status: JsonObject): string {
  const { name, state, peers, sessions, contexts, memoryBytes, uptimeMs } = status;
  const refused = objectsIn(status.conduct).filter(({ bannedForMs }) => Number(bannedForMs) > 0);
  const faults = Object.entries(isJsonObject(status.faults ?? null) ? (status.faults as JsonObject) : {});
  const trouble = [
    ["refused", refused.map(({ peer }) => String(peer)).join(" ")],
    ["blobs", incompleteText(status.blobsIncomplete)],
    ["faults", faults.map(([code, count]) => `${code} ${count}`).join(", ")],
  ] as const;
  return table([
    [String(name), `${state} for ${duration(Number(uptimeMs))}`],
    ["peer", status.peer],
    ["key", status.key],
    ["api", status.api ?? "none"],
    ["addresses", listed(status.addresses)],
    ["peers", `${peers} connected, ${sessions} syncing`],
    ["contexts", contexts],
    ["memory", `${Math.round(Number(memoryBytes) / 1_048_576)} MiB`],
    ...trouble.filter(([, said]) => said !== ""),
  ]);
}

function incompleteText(blobs: Json | undefined): string {
  if (!Array.isArray(blobs) || blobs.length === 0) return "";
  const more = blobs.length > blobsShownMax ? ` and ${blobs.length - blobsShownMax} more` : "";
  return `put here, and NOT WHOLE on its disk: ${blobs.slice(0, blobsShownMax).map(String).join(" ")}${more}`;
}

function contextText(context: JsonObject, sync: readonly JsonObject[]): string {
  const {
    id,
    applicationId,
    appliedDeltas,
    pendingDeltas,
    strandedDeltas,
    ownRole,
    contextStateHash,
    owed,
    parked,
  } = context;
  const readiness = isJsonObject(context.readiness ?? null) ? (context.readiness as JsonObject) : {};
  const why = readiness.why === "" ? "" : `: ${readiness.why}`;
  const heads = Array.isArray(context.dagHeads) ? context.dagHeads.map(String) : [];
  const more = heads.length > headsShownMax ? ` and ${heads.length - headsShownMax} more` : "";
  const stranded = Number(strandedDeltas ?? 0) > 0 ? `, ${strandedDeltas} kept by a repair` : "";
  const rows = [
    ["state", `${readiness.state}${why}`],
    ["role", ownRole ?? (context.isInvited === true ? "invited" : "none")],
    ["root", contextStateHash],
    ["heads", `${heads.slice(0, headsShownMax).join(" ")}${more}`],
    ["deltas", `${appliedDeltas}, ${pendingDeltas} pending${stranded}`],
    ["owed", `${owed}, ${parked} parked`],
    ...sync.map((row) => ["sync", verdict(row)] as const),
  ] as const;
  const title = applicationId === "" ? `${id}` : `${id}  ${applicationId}`;
  const body = table(rows).replaceAll("\n", "\n  ");
  return `${title}\n  ${body}`;
}

/** What the last session with a peer came to. */
function verdict({ peer, protocol, outcome, at, headsEqual, rootsEqual }: JsonObject): string {
  const heads = said(headsEqual, ["heads equal", "heads differ", "heads not compared"]);
  const roots = said(rootsEqual, ["roots equal", "ROOTS DIFFER", "roots not compared"]);
  const how = protocol === "none" ? "nothing to send" : (protocol ?? "no protocol");
  return `${peer}  ${outcome} at ${at}: ${how}, ${heads}, ${roots}`;
}

function said(value: Json | undefined, words: readonly [yes: string, no: string, unknown: string]): string {
  if (value === null) return words[2];
  return words[value === true ? 0 : 1];
}

function listed(value: Json | undefined): string {
  return Array.isArray(value) && value.length > 0 ? value.map(String).join(" ") : "none";
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** In the two largest units. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [minutes, hours, days] = [60, 3_600, 86_400].map((unit) => Math.floor(seconds / unit));
  if (days) return `${days} d ${(hours ?? 0) % 24} h`;
  if (hours) return `${hours} h ${(minutes ?? 0) % 60} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
