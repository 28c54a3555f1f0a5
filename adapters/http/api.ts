/** What the API needs of a node. */

import type { NodeEvent, Outcome, RefusalCode } from "../../core/effect.ts";
import {
  type AuthorId,
  type BlobId,
  type ContextId,
  type DeltaId,
  fromHex,
  type Hash,
} from "../../core/ids.ts";
import type { ClientCall } from "../../core/input.ts";
import type { JsonObject } from "../../core/json.ts";
import type { Member, Role } from "../../core/members/membership.ts";
import { fromBase58, noContextId, toBase58 } from "./base58.ts";

/** The header of every answer that says which node it is of. */
export const peerHeader = "reconverge-peer";

/** Arguments of a call, 10 MiB, and what is around them. */
export const bodyBytesMax = 10 * 1_048_576 + 4_096;

/** Something is sent over an event stream at least so often, so that both ends see that the other is there. */
export const keepAliveEveryMs = 15_000;

/** Parked entries shown at once. */
export const parkedShownMax = 100;

/** A running node, as far as clients may reach it. What it is asked rejects with an `HttpError` once it has stopped. */
export interface NodeApi {
  /** The key this node signs with. */
  readonly author: AuthorId;
  /** The node's peer id, in every answer. */
  readonly peer: string;
  /** Answers once everything the answer rests on is durable. */
  call(call: ClientCall): Promise<Outcome>;
  contexts(): Promise<readonly ContextView[]>;
  /** Null for a context that is not on this node. */
  context(contextId: ContextId): Promise<ContextView | null>;
  /** The oldest parked work of a context, at most `parkedShownMax`; none where there is no such context. */
  parked(contextId: ContextId): Promise<readonly ParkedView[]>;
  /** Null for a context that is not on this node. */
  members(contextId: ContextId): Promise<MembersView | null>;
  /** What a context refers to; null for a context that is not on this node. */
  blobs(contextId: ContextId): Promise<readonly BlobView[] | null>;
  /** Blobs of which this node has anything. */
  keptBlobs(): Promise<readonly KeptBlobView[]>;
  peers(): readonly PeerView[];
  /** What happens from now on in the contexts that are wanted, until `return` is called on it or the node stops. */
  listen(isWanted: (contextId: ContextId) => boolean): AsyncIterableIterator<ContextNews>;
  /** Null for a context that is not on this node. */
  standing(contextId: ContextId): Promise<ContextStanding | null>;
  /** Everything an operator wants to see at a glance. */
  status(): JsonObject;
  /** Where the node is in its life: `running` when all is well. */
  state(): string;
  /** In Prometheus's text format. */
  metrics(): Promise<string>;
  /** Begins to copy the store to where a backup looks for it, unless that is under way. */
  beginStoreCopy(): void;
  storeCopy(): StoreCopyState;
}

/** How far the copy is that was begun last. */
export type StoreCopyState =
  | { readonly state: "none" | "copying" | "copied" }
  | { readonly state: "failed"; readonly why: string };

/** What a listener is told. */
export type ContextNews =
  /** Perhaps many times since it was told last: the events are those of all of them. */
  | NodeEvent
  /** Something about how it is synced changed. */
  | { readonly kind: "sync-changed"; readonly contextId: ContextId }
  /** So many events were not kept, as the listener was slow: look at the state itself. */
  | { readonly kind: "missed"; readonly count: number };

/** Where a context stands now, as a listener is told. */
export interface ContextStanding {
  readonly stateRoot: Hash;
  readonly sync: {
    readonly state: "idle" | "waitingForPeers" | "syncing" | "receivingSnapshot" | "backingOff";
    /** Failures since the last session that succeeded, with the peer that has most of them. */
    readonly failureCount: number;
    readonly lastError: string | null;
  };
}

/** One context on this node. */
export interface ContextView {
  readonly id: ContextId;
  /** Empty until the genesis has arrived. */
  readonly application: string;
  readonly stateRoot: Hash;
  readonly heads: readonly DeltaId[];
  readonly applied: number;
  readonly pending: number;
  readonly entities: number;
  /** Work this node owes because of it: handlers of events, and queued calls. */
  readonly owed: number;
  /** Work that failed too often, and waits for an operator. */
  readonly parked: number;
  /** The newest checkpoint that is sealed, and the members that others wait for. */
  readonly checkpoint: { readonly sealed: DeltaId | null; readonly waitsFor: readonly AuthorId[] };
  /** How long the context keeps deletions; null: for ever. */
  readonly tombstoneRetentionMs: number | null;
  /** Of this node; null: none. */
  readonly ownRole: Role | null;
  /** It holds an invitation that has not let it in yet. */
  readonly isInvited: boolean;
  /** How far it is, and why no further. */
  readonly readiness: { readonly state: string; readonly why: string };
}

export interface MembersView {
  readonly ownRole: Role | null;
  /** Of whoever is not named. */
  readonly others: Role | null;
  readonly named: readonly Member[];
}

/** Parked work, as an operator sees it. */
export interface ParkedView {
  /** A handler of the context's application, or a method of another context's. */
  readonly kind: "handler" | "call";
  readonly name: string;
  /** The event's name, or the context called. */
  readonly about: string;
  readonly attempts: number;
  readonly lastError: string;
}

/** A blob that a context refers to. */
export interface BlobView {
  readonly id: BlobId;
  readonly name: string;
  readonly size: number;
  readonly mediaType: string;
  /** Of it, how many bytes are on this node. */
  readonly bytesHere: number;
  /** Put on this node, which therefore keeps it as long as anything refers to it. */
  readonly isOwn: boolean;
}

/** A blob that this node has, whole or in part. */
export interface KeptBlobView {
  readonly id: BlobId;
  readonly size: number;
  readonly bytesHere: number;
  readonly isOwn: boolean;
}

/** A connected peer. */
export interface PeerView {
  readonly peer: string;
  /** Contexts of this node that the peer subscribes to. */
  readonly contexts: readonly ContextId[];
}

/** An answer that is not 200, but for JSON-RPC's, which always are. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The id a client named. */
export function readContextId(text: string): ContextId {
  const contextId = fromBase58<ContextId>(text);
  if (contextId === null) throw new HttpError(400, noContextId(text));
  return contextId;
}

/** The context of an answer. */
export function contextOf(outcome: Outcome): ContextId {
  if (outcome.kind === "context") return outcome.contextId;
  throw refusalOf(outcome, "a context");
}

/** Refusals whose message is the core's own, never an application's. */
const aboutIds: ReadonlySet<RefusalCode> = new Set([
  "context-not-found",
  "being-deleted",
  "uninitialized",
  "blob-not-found",
  "blob-unavailable",
]);

/** The outcome as clients are told it: the core names ids in hexadecimal, clients know them in base58. */
export function namedAsOutside(outcome: Outcome): Outcome {
  if (outcome.kind !== "refused" || !aboutIds.has(outcome.code)) return outcome;
  const message = outcome.message.replace(/\b[0-9a-f]{64}\b/g, (hex) => {
    const id = fromHex<ContextId | BlobId>(hex);
    return id === null ? hex : toBase58(id);
  });
  return { ...outcome, message };
}

/** What to answer where another outcome was hoped for. */
export function refusalOf(outcome: Outcome, expected: string): HttpError {
  if (outcome.kind !== "refused") return new HttpError(500, `the node gave another answer than ${expected}`);
  return new HttpError(statuses[outcome.code] ?? 400, outcome.message);
}

/** Of refusals that are no mistake in what was asked. */
const statuses: Partial<Record<RefusalCode, number>> = {
  "context-not-found": 404,
  "not-permitted": 403,
  "being-deleted": 409,
};
