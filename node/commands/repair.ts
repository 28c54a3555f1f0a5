/** `reconverge node repair` */

import { nodeFolder } from "../home.ts";
import { type RepairOutcome, repairNode } from "../repair/repair.ts";
import type { DamagedContext } from "../repair/salvage.ts";
import type { SalvagedPrivate } from "../repair/salvage-private.ts";
import type { HomeOptions } from "./index.ts";
import { reporting, show } from "./output.ts";
import { readStoredNode } from "./stored-node.ts";

export async function repair(options: HomeOptions & { readonly acceptLoss?: true }): Promise<void> {
  await reporting(options.json === true, async () => {
    const folder = nodeFolder(options.home, options.name);
    const outcome = await repairNode(await readStoredNode(folder), options.acceptLoss === true);
    show(options.json === true, outcome, tell(outcome));
  });
}

function tellFlushesLost(lost: number | null): readonly string[] {
  if (lost === 0) return [];
  if (lost === null) return ["nothing says whether its last confirmed writes are in it"];
  return [`its last ${lost} confirmed writes are gone: what looks whole is as it was before them`];
}

function tellDamaged({ context, why, from }: DamagedContext): string {
  const made =
    from === "deltas"
      ? "the deltas that are left"
      : "what it was before the damage in the log, and the deltas that are left of what followed";
  return `context ${context} was not whole (${why}): it was made again of ${made}, and what they do not say a peer must bring`;
}

function tellPrivate({ context, kept, lost }: SalvagedPrivate): string {
  const about = `of what this node keeps privately beside context ${context}, ${kept} entries are in it`;
  if (lost === 0) return `${about}, which is all`;
  return lost === null
    ? `${about}; how many there were cannot be read, and what is lost nobody else has`
    : `${about}; ${lost} are lost, and nobody else has them`;
}

function tell(outcome: RepairOutcome): string {
  if (outcome.kind === "salvaged") {
    const { contexts, deltas, bodiless, damaged, waiting, refused } = outcome.salvaged;
    return [
      outcome.why,
      `a new store was made of what could be read: ${deltas} deltas of ${contexts} contexts`,
      ...(bodiless === 0
        ? []
        : [
            `of ${bodiless} of these only the heads are left: what they say is in the state, and nothing is missing there`,
          ]),
      ...tellFlushesLost(outcome.salvaged.flushesLost),
      ...damaged.map(tellDamaged),
      ...(waiting === 0
        ? []
        : [
            `${waiting} more deltas build on what is missing: they are kept in the new store, and applied once peers have brought that; until then they do not show, and the status counts them; where no other node has it, a back-up put back shows more`,
          ]),
      ...(refused === 0
        ? []
        : [`${refused} more deltas are kept in it, too, but not applied: a peer would refuse them`]),
      ...outcome.salvaged.private.map(tellPrivate),
      "handlers that were still owed are not in it; peers bring what they hold once the node runs",
      `the old store is kept in ${outcome.keptAt}`,
    ].join("\n");
  }
  const lost = outcome.lost.map((what) => `${what}\n`).join("");
  if (outcome.values === 0)
    return `${lost}the store is empty: join its contexts again, and peers bring what they hold`;
  const manifest = outcome.manifest ? "LevelDB's manifest was made anew; " : "";
  return `${lost}${manifest}the store is whole: ${outcome.values} values, every delta and every entity was read`;
}
