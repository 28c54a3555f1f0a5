// What two nodes remember to have in common, as a test wants it: remembered, stale, lost, or a lie.

import type { ContextId, DeltaId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { decodeCanonical, encode } from "../../../core/wire/cbor.ts";
import type { SimDisk } from "../../../sim/world/disk.ts";
import type { Link } from "./link.ts";

const slots = Array.from({ length: 256 }, (_, slot) => slot);

/** The keys under which a disk holds frontiers, with what they hold. */
export function storedFrontiers(
  disk: SimDisk,
  contextId: ContextId,
): readonly (readonly [string, Uint8Array])[] {
  return slots.flatMap((slot) => {
    const key = storeKeys.frontiers(contextId, slot);
    const value = disk.get(key);
    return value === undefined ? [] : [[key, value] as const];
  });
}

export function forgetFrontiers(disk: SimDisk, contextId: ContextId): void {
  const writes = storedFrontiers(disk, contextId).map(([key]) => [key, null] as const);
  disk.append({ kind: "commit", writes });
}

/** Has another disk claim the names of these frontiers, with nothing below them but the genesis. */
export function claimFrontiers(from: SimDisk, to: SimDisk, contextId: ContextId): void {
  const genesis = contextId as string as DeltaId;
  const writes = storedFrontiers(from, contextId).map(([key, value]) => {
    const [peer, frontiers] = decodeCanonical(value, value.length) as [string, readonly unknown[][]];
    const claimed = frontiers.map(([name]) => [name, 1, [Uint8Array.from(genesis, (c) => c.charCodeAt(0))]]);
    return [key, encode([peer, claimed, []])] as const;
  });
  to.append({ kind: "commit", writes });
}

/** Side 0 loses the connection, finds it again, and starts a session at once: what is heard begins with that. */
export function meetAgain(link: Link, contextId: ContextId): void {
  const [first] = link.nodes;
  link.heard.length = 0;
  link.did(0, first.give({ kind: "peer-disconnected", peer: "b" as never }));
  link.did(0, first.meet("b", contextId));
  link.did(0, first.pass(25));
}

/** Delivers in lockstep until nothing travels; what was said in each hop. */
export function exchange(link: Link): readonly (readonly Link["heard"][number][])[] {
  const hops: Link["heard"][number][][] = [];
  let seen = 0;
  for (let side: 0 | 1 = 1; ; side = side === 0 ? 1 : 0) {
    const said = link.heard.slice(seen);
    seen = link.heard.length;
    if (said.length > 0) hops.push(said);
    const count = link.travelling[side].length;
    if (count === 0 && link.travelling[1 - side]?.length === 0) return hops;
    for (let index = 0; index < count; index += 1) link.arrive(side);
  }
}
