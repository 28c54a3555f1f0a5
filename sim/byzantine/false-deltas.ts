/** Deltas that their author should not have made, some valid to all who look at them and some not. */

import type { CausalDelta, DeltaDraft } from "../../core/dag/delta.ts";
import { isFault } from "../../core/fault.ts";
import type { AuthorId, ContextId, DeltaId } from "../../core/ids.ts";
import { hlcCounterMax, hlcMsMax } from "../../core/limits.ts";
import { type Action, decodeAction, encodeAction } from "../../core/state/action.ts";
import { decoding } from "../../core/wire/cbor.ts";
import { sealDelta } from "../../core/wire/delta-codec.ts";
import type { Craft } from "./craft.ts";

/** A valid delta that says something else in the same place: the same author, parents and clock. Null where none is. */
export function twinOf(delta: CausalDelta, craft: Craft): Uint8Array | null {
  const { content } = delta;
  if (content.kind !== "operations") return null;
  const actions = content.actions.map(twist);
  const events = [...delta.events, { kind: "twin", content: null, handler: null }];
  const twin = seal({ ...delta, content: { kind: "operations", actions }, events }, craft);
  return isFault(craft.codec.openDelta(twin)) ? null : twin;
}

/** The same action with other values, where there is such a one. */
function twist(action: Action): Action {
  const [code, collection, key, ...change] = encodeAction(action);
  const twisted = decoding("a twisted action", () => ({
    kind: "action" as const,
    action: decodeAction([code, collection, key, ...change.map(twistValue)]),
  }));
  return isFault(twisted) ? action : twisted.action;
}

function twistValue(value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value + 1 : value;
  if (typeof value === "string") return `${value}?`;
  return Array.isArray(value) ? value.map(twistValue) : value;
}

/** A delta that changes nothing, on these parents: valid, and one more for everybody to keep. */
export function idleDelta(
  { contextId, parents }: { readonly contextId: ContextId; readonly parents: readonly DeltaId[] },
  about: { readonly wallMs: number },
  craft: Craft,
): Uint8Array {
  const hlc = { ms: about.wallMs, counter: craft.below(1_000) };
  const { author } = craft.identity;
  const content = { kind: "merge" } as const;
  return seal({ contextId, parents, author, incarnation: craft.id(8), hlc, content, events: [] }, craft);
}

type Forgery = (delta: CausalDelta, craft: Craft) => Uint8Array;

const forgeries: readonly Forgery[] = [
  /** Its parents are nobody's. */
  (delta, craft) => seal({ ...delta, parents: [craft.id<DeltaId>(), craft.id<DeltaId>()].sort() }, craft),
  /** One of its parents is. */
  (delta, craft) =>
    seal({ ...delta, parents: [...delta.parents.slice(0, 8), craft.id<DeltaId>()].sort() }, craft),
  /** It has none. */
  (delta, craft) => seal({ ...delta, parents: [] }, craft),
  /** Its parents are not in order. */
  (delta, craft) =>
    seal({ ...delta, parents: [...delta.parents, craft.id<DeltaId>()].sort().reverse() }, craft),
  /** Another is said to have written it. */
  (delta, craft) => seal({ ...delta, author: craft.id<AuthorId>() }, craft),
  /** It is of another context. */
  (delta, craft) => seal({ ...delta, contextId: craft.id<ContextId>() }, craft),
  /** It is not what was signed. */
  (delta, craft) => {
    const bytes = Uint8Array.from(delta.sealed);
    const at = 4 + craft.below(bytes.length - 4);
    bytes[at] = (bytes[at] as number) ^ (1 + craft.below(255));
    return bytes;
  },
  /** The end of time. */
  (delta, craft) => seal({ ...delta, hlc: { ms: hlcMsMax, counter: hlcCounterMax } }, craft),
  /** Of a kind to come. */
  (delta, craft) => seal({ ...delta, content: { kind: "needs-upgrade", code: 200 }, events: [] }, craft),
];

/** A delta that is not as it should be. */
export function forge(delta: CausalDelta, craft: Craft): Uint8Array {
  const forgery = forgeries[craft.below(forgeries.length)] as Forgery;
  return forgery(delta, craft);
}

function seal(draft: DeltaDraft, { identity, codec }: Craft): Uint8Array {
  return sealDelta(draft, identity, codec.crypto);
}
