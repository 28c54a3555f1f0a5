/** What every type of entity states: its merge law, when it lives, and how it looks in bytes. */

import type { AuthorId, DeltaId, Incarnation } from "../../ids.ts";
import type { Crypto } from "../../ports.ts";
import type { ActionName } from "../action-name.ts";
import type { Moment } from "../moment.ts";

/** Where an action comes from: all that may decide what it means, besides the action itself. */
export interface Origin extends ActionName {
  readonly delta: DeltaId | "";
  readonly author: AuthorId;
  readonly incarnation: Incarnation;
  readonly at: Moment;
}

/** What a change says: a content to join, and a deletion of what came before. */
export interface Said<Content> {
  readonly content: Content;
  readonly deleted: Moment | null;
  /** The entity's key, where it is not the action's. */
  readonly key?: string;
}

export interface EntityType<Content, Change> {
  /** In bytes, for ever. */
  readonly code: number;
  /**
   * What is held once its deletion is all that counts: then that may be collected below a closed past. Null where a
   * deletion stays for ever. docs/decisions/0034-collecting.md.
   */
  readonly nothing: Content | null;
  /** What a change says, or null when it is void: a function of the delta alone. */
  said(
    change: Change,
    about: {
      readonly collection: string;
      readonly key: string;
      readonly origin: Origin;
      readonly crypto: Crypto;
    },
  ): Said<Content> | null;
  /** The least content above both; one of the two where that is it. Commutative, associative, idempotent. */
  join(a: Content, b: Content, crypto: Crypto): Content;
  /** Is anything of it left, given the latest deletion of it or of a container above it? Deletion wins ties. */
  isLive(content: Content, floor: Moment | null): boolean;
  encode(content: Content): unknown;
  /** Inverse of `encode`. For use inside `decoding`. */
  decode(value: unknown): Content;
  /** The fields that follow type, collection and key in an action. */
  encodeChange(change: Change): readonly unknown[];
  /** Inverse of `encodeChange`, strict. For use inside `decoding`. */
  decodeChange(fields: readonly unknown[]): Change;
}
