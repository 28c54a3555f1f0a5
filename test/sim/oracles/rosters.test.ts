// Who has the same changes has the same members, and is seen when it has not.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Members } from "../../../core/members/members.ts";
import { simulate } from "../../../sim/host/simulate.ts";
import { defineScenario } from "../../../sim/scenario/scenario.ts";
import { breakage, whileBroken } from "./broken.ts";

const scenario = defineScenario({
  ...{ name: "roles", nodes: 3, until: "10s", contexts: [{ id: "kv", members: "all" }] },
  workload: [
    { at: "1s", node: "n0", method: "give-role", args: { member: "n1", role: "admin" } },
    { at: "2s", node: "n0", method: "give-role", args: { member: "n2", role: "reader" } },
    { at: "2s", node: "n1", method: "give-role", args: { member: "n2", role: "admin" } },
  ],
});

test("admins who say different things at one moment leave all with the same members", () => {
  assert.equal(simulate(scenario).violations, []);
});

test("a node that counts other members than the others is seen", () => {
  let first: Members | null = null;
  const alone = breakage(
    Members.prototype,
    "all",
    (all) =>
      function (this: Members) {
        first ??= this;
        return all.call(this).slice(this === first ? 1 : 0);
      },
  );
  const { violations } = whileBroken([alone], () => simulate(scenario));
  assert.ok(violations.some(({ oracle }) => oracle === "equal-heads-equal-members"));
});

test.run();
