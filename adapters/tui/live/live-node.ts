/** One running node as it last answered, and how what it says now differs from that. */

import { isJsonObject, type Json, type JsonObject } from "../../../core/json.ts";
import type { NodeSource } from "./node-source.ts";

export interface LiveContext {
  readonly id: string;
  readonly application: string;
  readonly root: string;
  readonly heads: readonly string[];
  readonly isInitialized: boolean;
  /** It has a role in it, as far as it knows. */
  readonly isMember: boolean;
  readonly applied: number;
  readonly pending: number;
  readonly entities: number;
  readonly owed: number;
  readonly parked: number;
}

export interface LivePeer {
  readonly peer: string;
  readonly contexts: readonly string[];
}

/** What syncing with a peer last came to. */
export interface LiveVerdict {
  readonly context: string;
  readonly peer: string;
  readonly protocol: string;
  readonly outcome: string;
  readonly at: string;
  readonly areRootsEqual: boolean | null;
}

export interface LiveNode {
  readonly url: string;
  readonly name: string;
  readonly peer: string;
  readonly state: string;
  readonly uptimeMs: number;
  readonly sessions: number;
  readonly contexts: readonly LiveContext[];
  readonly peers: readonly LivePeer[];
  readonly verdicts: readonly LiveVerdict[];
  /** Why it does not answer; null while it does. */
  readonly trouble: string | null;
}

/** A node that has not answered yet. */
export function unheard(url: string): LiveNode {
  const nothing = { contexts: [], peers: [], verdicts: [], uptimeMs: 0, sessions: 0 };
  return { url, name: new URL(url).host, peer: "", state: "not heard yet", ...nothing, trouble: null };
}

/** Asks a node for everything. What is known of one that does not answer stays, with why it does not. */
export async function askNode(source: NodeSource, before: LiveNode): Promise<LiveNode> {
  try {
    const [status, contexts, peers] = await Promise.all([
      source.get("/admin-api/status"),
      source.get("/admin-api/contexts"),
      source.get("/admin-api/peers"),
    ]);
    return readNode({
      url: source.url,
      status: objectOf(status.data),
      contexts: objectOf(contexts.data),
      peers,
    });
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    return { ...before, trouble, state: "does not answer", sessions: 0 };
  }
}

function readNode(answers: {
  readonly url: string;
  readonly status: JsonObject;
  readonly contexts: JsonObject;
  readonly peers: JsonObject;
}): LiveNode {
  const { url, status, contexts, peers } = answers;
  return {
    url,
    name: textOf(status.name),
    peer: textOf(status.peer),
    state: textOf(status.state),
    uptimeMs: numberOf(status.uptimeMs),
    sessions: numberOf(status.sessions),
    contexts: objectsIn(contexts.contexts).map(readContext),
    peers: objectsIn(peers.peers).map((peer) => ({
      peer: textOf(peer.peer),
      contexts: textsIn(peer.contexts),
    })),
    verdicts: objectsIn(status.sync).map((verdict) => ({
      context: textOf(verdict.context),
      peer: textOf(verdict.peer),
      protocol: textOf(verdict.protocol),
      outcome: textOf(verdict.outcome),
      at: textOf(verdict.at),
      areRootsEqual: typeof verdict.rootsEqual === "boolean" ? verdict.rootsEqual : null,
    })),
    trouble: null,
  };
}

function readContext(context: JsonObject): LiveContext {
  return {
    id: textOf(context.id),
    application: textOf(context.applicationId),
    root: textOf(context.contextStateHash),
    heads: textsIn(context.dagHeads),
    isInitialized: context.isInitialized === true,
    isMember: context.ownRole !== null,
    applied: numberOf(context.appliedDeltas),
    pending: numberOf(context.pendingDeltas),
    entities: numberOf(context.entities),
    owed: numberOf(context.owed),
    parked: numberOf(context.parked),
  };
}

/** What happened to a node between two answers, in words. */
export function changesOf(
  before: LiveNode,
  now: LiveNode,
): readonly { readonly kind: LiveKind; readonly text: string }[] {
  const changes: { kind: LiveKind; text: string }[] = [];
  if (before.trouble !== now.trouble)
    changes.push({
      kind: "life",
      text: now.trouble ?? `answers, ${now.state}, up for ${seconds(now.uptimeMs)}`,
    });
  else if (now.uptimeMs < before.uptimeMs) changes.push({ kind: "life", text: "was started again" });
  const [had, has] = [peerSet(before), peerSet(now)];
  for (const peer of has) if (!had.has(peer)) changes.push({ kind: "peers", text: `connected to ${peer}` });
  for (const peer of had) if (!has.has(peer)) changes.push({ kind: "peers", text: `lost ${peer}` });
  for (const context of now.contexts) {
    const old = before.contexts.find(({ id }) => id === context.id);
    if (old?.root === context.root && old.pending === context.pending) continue;
    const gained = context.applied - (old?.applied ?? 0);
    const pending = context.pending > 0 ? `, ${context.pending} pending` : "";
    const heads = `${context.heads.length} ${context.heads.length === 1 ? "head" : "heads"}`;
    changes.push({
      kind: "state",
      text: `${gained} deltas more, ${heads}, root ${context.root.slice(0, 8)}${pending}`,
    });
  }
  for (const verdict of now.verdicts) {
    const isNew = !before.verdicts.some(
      ({ peer, context, at }) => peer === verdict.peer && context === verdict.context && at === verdict.at,
    );
    if (isNew)
      changes.push({ kind: "sync", text: `${verdict.protocol} with ${verdict.peer}: ${verdict.outcome}` });
  }
  return changes;
}

export type LiveKind = "life" | "peers" | "state" | "sync";

function peerSet({ peers }: LiveNode): ReadonlySet<string> {
  return new Set(peers.map(({ peer }) => peer));
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}

function objectOf(value: Json | undefined): JsonObject {
  return value !== undefined && isJsonObject(value) ? value : {};
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((each): each is JsonObject => isJsonObject(each)) : [];
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function numberOf(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}
