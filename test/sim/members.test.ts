// Members who come back, come in late, remove each other across a cut, or meet only those who came while they were away.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSimulation } from "../../sim/host/simulate.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";

const network = { topology: "full", latency: { kind: "constant", ms: 40 } } as const;

const set = (at: string, node: string, key: string) =>
  ({ at, node, method: "set", args: { key, value: node } }) as const;
const call = (at: string, node: string, method: string, args: Record<string, string | boolean>) =>
  ({ at, node, method, args }) as const;

const scenarios: Readonly<Record<string, Omit<Scenario, "name">>> = {
  "members who were away meet one who came meanwhile, when who let it in is gone": {
    nodes: 4,
    contexts: [{ id: "kv", members: "n0..n2" }],
    workload: [
      set("1s", "n0", "a"),
      call("12s", "n0", "invite-member", { member: "n3" }),
      set("20s", "n3", "new"),
      set("40s", "n1", "old"),
    ],
    faults: [
      {
        kind: "partition",
        at: "10s",
        until: "30s",
        groups: [
          ["n0", "n3"],
          ["n1", "n2"],
        ],
      },
      { kind: "crash", at: "25s", nodes: "n0" },
    ],
    expect: [{ converged: { within: "60s", nodes: ["n1", "n2", "n3"] } }],
    until: "200s",
  },
  "two whom a void removal keeps apart meet again, though all admins are gone": {
    nodes: 4,
    workload: [
      call("1s", "n0", "give-role", { member: "n1", role: "admin" }),
      call("12s", "n0", "remove-member", { member: "n1" }),
      call("12s", "n1", "remove-member", { member: "n0" }),
      call("13s", "n1", "remove-member", { member: "n2" }),
      set("40s", "n2", "x"),
      set("40s", "n3", "y"),
    ],
    faults: [
      {
        kind: "partition",
        at: "10s",
        until: "30s",
        groups: [
          ["n0", "n2"],
          ["n1", "n3"],
        ],
      },
      { kind: "crash", at: "25s", nodes: ["n0", "n1"] },
    ],
    expect: [
      { value: { key: "x", equals: "n2", nodes: "n3" } },
      { value: { key: "y", equals: "n3", nodes: "n2" } },
    ],
    until: "200s",
  },
  "who is handed a token comes in, and one who is made admin so hands over others": {
    nodes: 4,
    contexts: [{ id: "kv", members: ["n0", "n1"] }],
    workload: [
      set("1s", "n0", "a"),
      call("2s", "n0", "invite-member", { member: "n2", role: "admin", anyone: true }),
      call("12s", "n2", "invite-member", { member: "n3", anyone: true }),
      set("20s", "n3", "new"),
    ],
    expect: [
      { converged: { within: "20s" } },
      { value: { key: "new", equals: "n3", nodes: ["n0", "n1", "n2"] } },
    ],
    until: "60s",
  },
  "one who was removed while away and invited again is back, with what it wrote": {
    nodes: 4,
    workload: [
      set("1s", "n0", "a"),
      call("12s", "n0", "remove-member", { member: "n3" }),
      set("15s", "n3", "mine"),
      call("40s", "n0", "invite-member", { member: "n3" }),
      set("60s", "n0", "after"),
    ],
    faults: [{ kind: "partition", at: "10s", until: "30s", groups: [["n0", "n1", "n2"], ["n3"]] }],
    expect: [
      { value: { key: "after", equals: "n0", nodes: "n3" } },
      { value: { key: "mine", equals: "n3", nodes: "n0" } },
    ],
    until: "150s",
  },
  "one who is invited by an admin that came later comes into an idle context by its state": {
    nodes: 3,
    contexts: [{ id: "kv", members: "n0..n1" }],
    config: { compactAboveDeltas: 20, compactKeepDeltas: 5, compactMs: 1_000 },
    workload: [
      call("1s", "n0", "give-role", { member: "n1", role: "admin" }),
      {
        ...{ rate: "10/s", until: "20s", nodes: "n0..n1", method: "set" },
        args: { key: "k{zipf 50}", value: "{node}-{seq}" },
      },
      call("40s", "n1", "invite-member", { member: "n2" }),
      set("100s", "n2", "x"),
    ],
    expect: [
      { converged: { within: "60s", nodes: ["n0", "n1", "n2"] } },
      { value: { key: "x", equals: "n2", nodes: "n0" } },
      { "probe-counted": { name: "state-adopted", atLeast: 1 } },
    ],
    until: "150s",
  },
  "one who was away past the horizon meets nobody but who was invited meanwhile": {
    nodes: 3,
    contexts: [{ id: "kv", members: "n0..n1" }],
    config: { compactAboveDeltas: 20, compactKeepDeltas: 5, compactMs: 1_000 },
    workload: [
      set("1s", "n0", "a"),
      call("12s", "n0", "invite-member", { member: "n2" }),
      {
        ...{ rate: "10/s", from: "15s", until: "25s", nodes: "n2", method: "set" },
        args: { key: "k{zipf 50}", value: "{node}-{seq}" },
      },
    ],
    faults: [
      { kind: "partition", at: "10s", until: "50s", groups: [["n0", "n2"], ["n1"]] },
      { kind: "crash", at: "40s", nodes: "n0" },
    ],
    expect: [{ converged: { within: "60s", nodes: ["n1", "n2"] } }],
    until: "200s",
  },
};

for (const [what, scenario] of Object.entries(scenarios)) {
  test(what, () => {
    for (const seed of [1, 2, 3]) {
      const { outcome, violations } = createSimulation(
        { name: "members", network, ...scenario },
        { seed },
      ).finish();
      assert.is(outcome, "passed", JSON.stringify(violations.slice(0, 2)));
    }
  });
}

test.run();
