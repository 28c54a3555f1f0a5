// Asks and asks, and prints each name it asked for once that is durable, until it is killed. Every answer fails at
// first, so that a kill finds much that is owed.

import { failuresLeft } from "../core/owed/ledger.ts";
import { LedgerNode } from "./ledger-node.ts";

const [path = "", round = ""] = process.argv.slice(2);
const node = await LedgerNode.open(path);
const asking = async (asker: number) => {
  for (let nth = 0; ; nth += 1) {
    const name = `${round} ${asker} ${nth}`;
    failuresLeft.set(name, 1);
    await node.ask(name);
    process.stdout.write(`${name}\n`);
  }
};
await Promise.all([0, 1, 2, 3].map(asking));
