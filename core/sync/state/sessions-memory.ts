/** The transfers of states that a node takes part in: what of them is kept, how they begin and how they end. */

import type { ContextId, PeerId } from "../../ids.ts";
import type { StreamId } from "../../input.ts";
import type { StateProtocol } from "../../wire/sync-message.ts";
import type { SessionMemory } from "../session.ts";
import type { HeldMemory } from "./holding.ts";
import type { ServingMemory } from "./serving.ts";

export interface StateSyncMemory extends HeldMemory {
  readonly serving: Map<StreamId, ServingMemory>;
  /** Contexts of which the next state is asked for as if nothing of it were here. */
  readonly wholes: Set<ContextId>;
}

export function createStateSyncMemory(): StateSyncMemory {
  const held = { receiving: new Map(), staging: new Map(), takingOver: new Map() };
  return { ...held, serving: new Map(), wholes: new Set() };
}

export interface StateSessionEnd {
  readonly peer: PeerId;
  readonly contextId: ContextId;
  /** What it came to; null where no offer came. */
  readonly protocol: StateProtocol | null;
  /** `busy` and `refused` are benign. */
  readonly outcome: "adopted" | "busy" | "refused" | "failed";
  /** Was something of what was adopted not here? */
  readonly broughtAny: boolean;
}

/** The session that showed that a state is needed. */
export type StateNeed = Pick<SessionMemory, "peer" | "protocol" | "ours" | "theirs">;
