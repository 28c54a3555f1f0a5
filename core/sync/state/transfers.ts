/** How many transfers of state there may be, and when one that stands still ends. */

import type { StreamId } from "../../input.ts";
import { timerName } from "../../services.ts";
import type { Timers } from "../../timers.ts";
import type { PaceMemory } from "../pace.ts";

/** States a node receives at a time, over all contexts. */
export const receivingMax = 4;
/** Versions it pins for others at a time. */
export const servingMax = 8;
/** Of either with one peer: one that is silent, or just not silent enough, leaves room for others. */
export const perPeerMax = 2;
export const stateSessionsMax = receivingMax + servingMax;

export function watchUntilDue(
  { stream, pace }: { readonly stream: StreamId; readonly pace: PaceMemory },
  timers: Timers,
): void {
  timers.set(timerName("state-session", String(stream)), Math.ceil(pace.dueMs));
}
