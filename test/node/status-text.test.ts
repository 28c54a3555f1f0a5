// What `status` tells a person.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/json.ts";
import { statusText } from "../../node/commands/status-text.ts";

const status: JsonObject = {
  ...{
    name: "ann",
    state: "running",
    peer: "12D3",
    key: "KEY",
    addresses: [],
    api: null,
    uptimeMs: 3_723_000,
  },
  ...{ peers: 1, sessions: 0, contexts: 1, memoryBytes: 104_857_600, faults: { malformed: 2 } },
  blobsIncomplete: ["b1", "b2", "b3", "b4"],
  conduct: [
    { peer: "EVE", bannedForMs: 10 },
    { peer: "BOB", bannedForMs: 0 },
  ],
  sync: [
    {
      ...{ context: "C1", peer: "BOB", protocol: "none", outcome: "completed", at: "noon" },
      ...{ headsEqual: true, rootsEqual: false },
    },
    { context: "C2", peer: "CID", outcome: "failed" },
  ],
};
const context: JsonObject = {
  ...{
    id: "C1",
    applicationId: "kv-store",
    appliedDeltas: 7,
    pendingDeltas: 2,
    strandedDeltas: 4,
    ownRole: null,
    isInvited: true,
  },
  ...{ contextStateHash: "ROOT", dagHeads: ["h1", "h2", "h3", "h4", "h5"], owed: 1, parked: 3 },
  readiness: { state: "catching-up", why: "2 deltas wait for parents" },
};

test("the node comes first, then each context with why it is not ready and what its peers last came to", () => {
  assert.is(
    statusText(status, [context]),
    [
      "ann        running for 1 h 2 min",
      "peer       12D3",
      "key        KEY",
      "api        none",
      "addresses  none",
      "peers      1 connected, 0 syncing",
      "contexts   1",
      "memory     100 MiB",
      "refused    EVE",
      "blobs      put here, and NOT WHOLE on its disk: b1 b2 b3 and 1 more",
      "faults     malformed 2",
      "",
      "C1  kv-store",
      "  state   catching-up: 2 deltas wait for parents",
      "  role    invited",
      "  root    ROOT",
      "  heads   h1 h2 h3 and 2 more",
      "  deltas  7, 2 pending, 4 kept by a repair",
      "  owed    1, 3 parked",
      "  sync    BOB  completed at noon: nothing to send, heads equal, ROOTS DIFFER",
    ].join("\n"),
  );
});

test.run();
