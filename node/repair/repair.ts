/**
 * `node repair`: finds out what is wrong with a store and puts right what can be. A manifest that is damaged or gone
 * is made anew, which loses nothing. Where something is really gone, and that is accepted, a new store is made of
 * what is left, and the old one is kept beside it.
 */

import { rename, rm } from "node:fs/promises";
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
import { exists } from "../home.ts";
import { randomWords } from "../random-words.ts";
import { isStoreGone, storeBegunAnew, storeGone } from "../store-note.ts";
import { type Salvaged, salvage } from "./salvage.ts";
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
  const manifest = await repairManifest(storePath, opening);
  const checked = await checkStore(node, opening);
  if (typeof checked === "number") return { kind: "whole", manifest, values: checked, lost };
  if (!acceptLoss)
    throw new StoreError(
      "store-damaged",
      `the store at ${storePath} is not whole: ${checked}; put a backup back, or run this once with --accept-loss, which makes a new store of what can be read and keeps the old one beside it: peers bring what they hold`,
    );
  return await replace(node, checked);
}

async function beginAnew({ storePath, secret }: StoredNode, acceptLoss: boolean): Promise<RepairOutcome> {
  if (!acceptLoss) throw storeGone(storePath);
  const store = await openLevelStore(storePath, { create: true, secret });
  await store.close();
  return { kind: "whole", manifest: false, values: 0, lost: [storeBegunAnew(storePath)] };
}

/** Opens a store and reads all of it; gives the number of values, or what is wrong. */
export async function checkStore(node: StoredNode, opening: RepairOptions): Promise<number | string> {
  const { storePath } = node;
  try {
    const values = await checkValues(storePath, opening);
    const store = await openLevelStore(storePath, { create: false, ...opening });
    try {
      const now = { monotonicMs: 0, wallMs: Date.now() };
      return findDamage({ ...coreParts(node), store }, now) ?? values;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StoreDamage) return error.what;
    throw error;
  }
}

async function replace(node: StoredNode, why: string): Promise<RepairOutcome> {
  const { storePath, secret } = node;
  const freshPath = besideStore(storePath);
  await rm(freshPath, { recursive: true, force: true });
  const remains = await openRemains(storePath, secret);
  let store: Store | null = null;
  let salvaged: Salvaged;
  try {
    store = await openLevelStore(freshPath, { create: true, secret });
    salvaged = await salvage(remains, { ...coreParts(node), store }, randomWords());
  } finally {
    await store?.close();
    await remains.close();
  }
  const keptAt = `${storePath}.damaged-${Date.now()}`;
  await rename(storePath, keptAt);
  await rename(freshPath, storePath);
  return { kind: "salvaged", why, keptAt, salvaged };
}

/** Where a new store is made before it takes the place of the old one. */
function besideStore(storePath: string): string {
  return `${storePath}.repaired`;
}

/** Between its two renames, a repair that was interrupted leaves only the new store, which is complete then. True when it was so. */
export async function finishInterrupted(storePath: string): Promise<boolean> {
  if ((await exists(storePath)) || !(await exists(besideStore(storePath)))) return false;
  await rename(besideStore(storePath), storePath);
  return true;
}

function coreParts({ seed, peer, applications, config }: StoredNode) {
  const identity = createNodeIdentity(seed, peer);
  return { identity, authorOf: publicKeyOfPeer, codec: createCodec(nodeCrypto), applications, config };
}
