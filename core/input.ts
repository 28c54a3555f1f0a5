/** Everything that can happen to a node: the only way in. The driver makes inputs, the core handles them. */

import type { AuthorId, BlobId, ContextId, Hash, PeerId, Topic } from "./ids.ts";
import type { JsonObject } from "./json.ts";
import type { Member, MembershipChange, Role } from "./members/membership.ts";
import type { VerifiedCut } from "./past/taking-over.ts";

/** Positive when this node opened the stream (the core numbers it), negative when the peer did (the driver does). */
export type StreamId = number;
/** The driver's name for a gossip message that awaits a verdict. */
export type GossipId = number | string;
/** The driver's name for a client's request that awaits a reply. */
export type RequestId = number | string;

/** What is spoken on a stream. */
export type StreamProtocol = "sync" | "blob";
/** A client's name for a blob that it is writing. */
export type UploadId = number | string;

export type Input =
  /** The first input of a node: loads what is stored, subscribes, starts timers. */
  | { readonly kind: "start" }
  /** The last: ends sessions and unsubscribes. Nothing is handled after it. */
  | { readonly kind: "stop" }
  /** Discovery, configuration or a scenario names a peer that can be dialled. */
  | { readonly kind: "peer-found"; readonly peer: PeerId }
  | { readonly kind: "peer-connected"; readonly peer: PeerId }
  | { readonly kind: "peer-disconnected"; readonly peer: PeerId }
  | { readonly kind: "dial-failed"; readonly peer: PeerId }
  | { readonly kind: "peer-subscribed"; readonly peer: PeerId; readonly topic: Topic }
  | { readonly kind: "peer-unsubscribed"; readonly peer: PeerId; readonly topic: Topic }
  /** A message on a topic, relayed by `from`, seen for the first time. Answered with one verdict. */
  | {
      readonly kind: "gossip";
      readonly gossip: GossipId;
      readonly from: PeerId;
      readonly topic: Topic;
      readonly message: Uint8Array;
    }
  /** A peer opened a stream to this node. */
  | {
      readonly kind: "stream-opened";
      readonly stream: StreamId;
      readonly peer: PeerId;
      /** Default: sync. */
      readonly protocol?: StreamProtocol;
    }
  /** One whole frame, in order. */
  | { readonly kind: "stream-frame"; readonly stream: StreamId; readonly frame: Uint8Array }
  /** The stream has ended, by the peer, by a cut, or because it could not be opened. Said once for each stream. */
  | { readonly kind: "stream-closed"; readonly stream: StreamId }
  /** The time asked for with `wake-at` has come. */
  | { readonly kind: "woken" }
  | ChunkInput
  | { readonly kind: "request"; readonly request: RequestId; readonly call: ClientCall };

/** What became of what was asked of the disk that chunks of blobs lie on. */
export type ChunkInput =
  /** `problem`: why it is not kept, in words; null when it is, durably. */
  | { readonly kind: "chunk-stored"; readonly chunk: Hash; readonly problem: string | null }
  | { readonly kind: "chunk-read"; readonly chunk: Hash; readonly found: FoundChunk }
  /** Everything that is there. */
  | { readonly kind: "chunks-listed"; readonly chunks: readonly Hash[] };

/** `absent`: it is not there. `failed`: it may be, but cannot be read now. */
export type FoundChunk =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly problem: string };

/** Blobs are written and read a chunk at a time, so that none is ever whole in memory. */
export type BlobCall =
  /**
   * The next chunk of a blob for a context, one call at a time. Every one but the last is `chunkBytes` long; an empty
   * one begins an empty blob.
   */
  | {
      readonly kind: "write-blob";
      readonly upload: UploadId;
      readonly contextId: ContextId;
      readonly chunk: Uint8Array;
    }
  /** All was written: the context refers to it from now on. */
  | {
      readonly kind: "finish-blob";
      readonly upload: UploadId;
      readonly name: string;
      readonly mediaType: string;
    }
  /** Nothing more will be written. */
  | { readonly kind: "abandon-blob"; readonly upload: UploadId }
  /** One chunk, by its number from 0; fetched from members where it is not here. */
  | {
      readonly kind: "read-blob";
      readonly contextId: ContextId;
      readonly blob: BlobId;
      readonly chunk: number;
    }
  /** The context refers to it no longer. */
  | { readonly kind: "delete-blob"; readonly contextId: ContextId; readonly blob: BlobId };

export type ClientCall =
  | BlobCall
  /** Its creator is an admin. `others`: what whoever is not named may do; nothing, unless given. */
  | {
      readonly kind: "create-context";
      readonly application: string;
      readonly members?: readonly Member[];
      readonly others?: Role | null;
    }
  /**
   * With the context's sealed genesis delta where the caller has it; otherwise peers bring it. With an invitation where the
   * genesis does not name this node.
   */
  | {
      readonly kind: "join-context";
      readonly contextId: ContextId;
      readonly genesis?: Uint8Array;
      readonly invitation?: Uint8Array;
    }
  /** Leaves the topic and removes all of it from this node. Who is a member stays what it is. */
  | { readonly kind: "delete-context"; readonly contextId: ContextId }
  /** Signs an invitation: for one key, or for whoever is handed it and uses it first. */
  | {
      readonly kind: "invite";
      readonly contextId: ContextId;
      readonly role: Role;
      readonly invitee: AuthorId | null;
      readonly expiresInMs: number;
    }
  | {
      readonly kind: "change-members";
      readonly contextId: ContextId;
      readonly change: Extract<MembershipChange, { kind: "leave" | "remove" | "role" }>;
    }
  | {
      readonly kind: "execute";
      readonly contextId: ContextId;
      readonly method: string;
      readonly args: JsonObject;
    }
  /** A sealed delta out of what is left of this node's own damaged store, and the context it belongs to. */
  | { readonly kind: "restore"; readonly contextId: ContextId; readonly delta: Uint8Array }
  /** All of a context's state with its past, out of the same store: for a context that has its genesis and no more. */
  | { readonly kind: "restore-state"; readonly contextId: ContextId; readonly cut: VerifiedCut }
  /** Entities of what this node keeps privately beside a context, out of the same store. */
  | {
      readonly kind: "restore-private";
      readonly contextId: ContextId;
      readonly entities: readonly Uint8Array[];
    }
  /** Has a context synced at once: with this peer, or with each that has it. */
  | { readonly kind: "sync-now"; readonly contextId: ContextId; readonly peer: string | null }
  /** Has the parked work of a context tried again. */
  | { readonly kind: "retry-owed"; readonly contextId: ContextId };

const blobCalls: Readonly<Record<BlobCall["kind"], true>> = {
  "write-blob": true,
  "finish-blob": true,
  "abandon-blob": true,
  "read-blob": true,
  "delete-blob": true,
};

export function isBlobCall(call: ClientCall): call is BlobCall {
  return Object.hasOwn(blobCalls, call.kind);
}
