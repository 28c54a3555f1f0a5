/** What a command must know of a stopped node to read its store. */

import { publicKeyOfSeed } from "../../adapters/crypto/identity.ts";
import { peerOfPublicKey } from "../../adapters/libp2p/peer-name.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { applicationsOf, loadInstalled } from "../applications.ts";
import { readConfig } from "../config-file.ts";
import type { NodeFolder } from "../home.ts";
import type { StoredNode } from "../repair/repair.ts";
import { readStoreSecret } from "../secrets.ts";
import { obtainSeed } from "../seed.ts";

/** Reads it in the node's folder. Rejects with a `Failure`. */
export async function readStoredNode(folder: NodeFolder): Promise<StoredNode> {
  const config = await readConfig(folder.configPath);
  const seed = await obtainSeed(folder);
  const installed = applicationsOf(await loadInstalled(config.applications));
  return {
    ...{ seed, peer: peerOfPublicKey(publicKeyOfSeed(seed)), config: config.core },
    applications: [...builtInApplications, ...installed.map(({ application }) => application)],
    storePath: folder.storePath,
    secret: await readStoreSecret(config.store.keyFile),
  };
}
