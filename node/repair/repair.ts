/**
 * `node repair`: finds out what is wrong with a store and puts right what can be. A manifest that is damaged or gone
 * is made anew, which loses nothing. Where something is really gone, and that is accepted, one goes on with what is
 * left where only the last writes are missing; otherwise a new store is made of what is left, and the old one is kept
 * in its folder.
 */

import { createNodeIdentity } from "../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import { openLevelStore } from "../../adapters/level/level-store.ts";
import { checkValues, openRemains, type RepairOptions, repairManifest } from "../../adapters/level/repair.ts";
import { type Store, StoreError } from "../../adapters/level/store.ts";
import { StoreDamage } from "../../adapters/level/store-damage.ts";
import { publicKeyOfPeer } from "../../adapters/libp2p/peer-name.ts";
import type { Application } from "../../core/app/application.ts";
import type { Config } from "../../core/config.ts";
import type { PeerId } from "../../core/ids.ts";
import { createCodec } from "../../core/wire/codec.ts";
import { randomWords } from "../random-words.ts";
import { isStoreGone, storeBegunAnew, storeGone } from "../store-note.ts";
import { type Salvaged, salvage } from "./salvage.ts";
import { dropUnfinished, finishInterrupted, repairedPath, takePlace } from "./take-place.ts";
import { findDamage } from "./verify.ts";

/** Whose store it is, and where. */
export interface StoredNode {
  readonly seed: Uint8Array;
  readonly peer: PeerId;
  readonly applications: readonly Application[];
  readonly config: Config;
  readonly storePath: string;
  readonly secret: Uint8Array | null;
}

export type RepairOutcome =
  /** Nothing is missing of what is there. `manifest`: it was made anew. */
  | {
      readonly kind: "whole";
      readonly manifest: boolean;
      readonly values: number;
      /** What was given up, in sentences. */
      readonly lost: readonly string[];
    }
  /** `keptAt`: where the old store is. */
  | { readonly kind: "salvaged"; readonly why: string; readonly keptAt: string; readonly salvaged: Salvaged };

/** Rejects with a `StoreError` that says what to do, where the damage is not accepted or cannot be worked around. */
export async function repairNode(node: StoredNode, acceptLoss: boolean): Promise<RepairOutcome> {
  const { storePath, secret } = node;
  await finishInterrupted(storePath);
  if (await isStoreGone(node)) return await beginAnew(node, acceptLoss);
  const lost: string[] = [];
  const opening = { acceptLoss, secret, told: (what: string) => lost.push(what) };
  const found = await examine(node, opening);
  if (found.kind === "whole") return { ...found, lost };
  if (!acceptLoss)
    throw new StoreError(
      "store-damaged",
      `the store at ${storePath} is not whole: ${found.what}; put a backup back, or run this once with --accept-loss, which ${whatFollows(found)}: peers bring what they hold`,
    );
  return await replace(node, found.what);
}

type Damage = Pick<StoreDamage, "what" | "isPassable">;

/** Makes the manifest anew where that is all that is wrong, and reads the whole store. */
async function examine(
  node: StoredNode,
  opening: RepairOptions,
): Promise<
  | { readonly kind: "whole"; readonly manifest: boolean; readonly values: number }
  | ({ readonly kind: "damaged" } & Damage)
> {
  try {
    const manifest = await repairManifest(node.storePath);
    const checked = await checkStore(node, opening);
    if (typeof checked === "number") return { kind: "whole", manifest, values: checked };
    return { kind: "damaged", ...checked };
  } catch (error) {
    if (!(error instanceof StoreDamage)) throw error;
    return { kind: "damaged", what: error.what, isPassable: error.isPassable };
  }
}

/** Of a loss that is accepted. */
function whatFollows({ isPassable }: Damage): string {
  return isPassable
    ? "goes on with what is left of it, in its place"
    : "makes a new store of what can be read and keeps the old one in a folder within it";
}

async function beginAnew({ storePath, secret }: StoredNode, acceptLoss: boolean): Promise<RepairOutcome> {
  if (!acceptLoss) throw storeGone(storePath);
  const store = await openLevelStore(storePath, { create: true, secret });
  await store.close();
  return { kind: "whole", manifest: false, values: 0, lost: [storeBegunAnew(storePath)] };
}

/** Opens a store and reads all of it; gives the number of values, or what is wrong. */
export async function checkStore(node: StoredNode, opening: RepairOptions): Promise<number | Damage> {
  const { storePath } = node;
  try {
    const values = await checkValues(storePath, opening);
    const store = await openLevelStore(storePath, { create: false, ...opening });
    try {
      const now = { monotonicMs: 0, wallMs: Date.now() };
      const what = findDamage({ ...coreParts(node), store }, now);
      return what === null ? values : { what, isPassable: false };
    } finally {
      await store.close();
    }
  } catch (error) {
    if (!(error instanceof StoreDamage)) throw error;
    return { what: error.what, isPassable: error.isPassable };
  }
}

async function replace(node: StoredNode, why: string): Promise<RepairOutcome> {
  const { storePath } = node;
  await dropUnfinished(storePath);
  try {
    const salvaged = await salvageBeside(node);
    return { kind: "salvaged", why, keptAt: await takePlace(storePath), salvaged };
  } finally {
    // Of one that did not come to its end: it may be what fills the disk.
    await dropUnfinished(storePath);
  }
}

async function salvageBeside(node: StoredNode): Promise<Salvaged> {
  const { storePath, secret } = node;
  const remains = await openRemains(storePath, secret);
  let store: Store | null = null;
  try {
    store = await openLevelStore(repairedPath(storePath), { create: true, secret });
    return await salvage(remains, { ...coreParts(node), store }, randomWords());
  } finally {
    await store?.close();
    await remains.close();
  }
}

function coreParts({ seed, peer, applications, config }: StoredNode) {
  const identity = createNodeIdentity(seed, peer);
  return { identity, authorOf: publicKeyOfPeer, codec: createCodec(nodeCrypto), applications, config };
}
