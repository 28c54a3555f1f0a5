/** What sync and gossip cost: bytes on the wire, round trips, CPU; beside others that do the same where there are any. */

import { benchCold } from "./sync-cold.ts";
import { benchGossip } from "./sync-gossip.ts";
import { benchMany } from "./sync-many.ts";
import { benchStateRepair } from "./sync-state.ts";
import { benchWarm } from "./sync-warm.ts";

export function benchSync(): void {
  benchWarm();
  benchCold();
  benchMany();
  benchStateRepair();
  benchGossip();
}
