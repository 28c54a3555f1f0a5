// Five hundred contexts on three nodes, all cut at once, and thirty sessions at a time to heal them with.

import { defineScenario } from "reconverge/sim";

const contexts = Array.from({ length: 500 }, (_, index) => `c${index}`);
const sides = ["n0", "n1..n2"];

export default defineScenario({
  name: "five-hundred-contexts",
  description:
    "One node is cut from two others with which it shares five hundred contexts, and both sides write in all of them. " +
    "When they meet, each context needs a session, and a node has room for thirty at a time: they stand in line, and " +
    "every one has its turn within seconds, also those that came last.",
  nodes: 3,
  contexts: contexts.map((id) => ({ id })),
  network: { keepalive: "2s" },
  config: { heartbeatMs: 120_000, syncFrequencyMs: 60_000 },
  workload: contexts.flatMap((context, index) =>
    sides.map((nodes, side) => ({
      at: `${5_000 + 10 * index + side}ms`,
      ...{ nodes, context, method: "set", args: { key: "{node}", value: `${index}` } },
    })),
  ),
  faults: [{ at: "4s", until: "11s", kind: "partition", groups: sides }],
  expect: [{ converged: { within: "4s" } }],
  until: "22s",
});
