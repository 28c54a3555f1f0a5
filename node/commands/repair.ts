/** `reconverge node repair` */

import { publicKeyOfSeed } from "../../adapters/crypto/identity.ts";
import { peerOfPublicKey } from "../../adapters/libp2p/peer-name.ts";
import { builtInApplications } from "../../core/app/built-in/index.ts";
import { applicationsOf, loadInstalled } from "../applications.ts";
import { readConfig } from "../config-file.ts";
import { nodeFolder, obtainSeed } from "../home.ts";
import { type RepairOutcome, repairNode } from "../repair/repair.ts";
import { readStoreSecret } from "../store-secret.ts";
import type { HomeOptions } from "./index.ts";
import { reporting, show } from "./output.ts";

export async function repair(options: HomeOptions & { readonly acceptLoss?: true }): Promise<void> {
  await reporting(options.json === true, async () => {
    const folder = nodeFolder(options.home, options.name);
    const config = await readConfig(folder.configPath);
    const seed = await obtainSeed(folder);
    const installed = applicationsOf(await loadInstalled(config.applications));
    const outcome = await repairNode(
      {
        ...{ seed, peer: peerOfPublicKey(publicKeyOfSeed(seed)), config: config.core },
        applications: [...builtInApplications, ...installed.map(({ application }) => application)],
        storePath: folder.storePath,
        secret: await readStoreSecret(config.store.keyFile),
      },
      options.acceptLoss === true,
    );
    show(options.json === true, outcome, tell(outcome));
  });
}

function tell(outcome: RepairOutcome): string {
  if (outcome.kind === "salvaged") {
    const { contexts, deltas, waiting } = outcome.salvaged;
    return [
      outcome.why,
      `a new store was made of what could be read: ${deltas} deltas of ${contexts} contexts`,
      `${waiting} more deltas build on what is missing, and are in the old store only`,
      "private state, and handlers that were still owed, are not in it; peers bring what they hold once the node runs",
      `the old store is kept in ${outcome.keptAt}`,
    ].join("\n");
  }
  if (outcome.values === 0)
    return "the store is empty: join its contexts again, and peers bring what they hold";
  const lost = outcome.lost.map((what) => `${what}\n`).join("");
  const manifest = outcome.manifest ? "LevelDB's manifest was made anew; " : "";
  return `${lost}${manifest}the store is whole: ${outcome.values} values, every delta and every entity was read`;
}
