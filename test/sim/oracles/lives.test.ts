// A node that begins anew where it was is seen: it would count what it lost a second time as if it were the first.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { Author } from "../../../core/author.ts";
import type { CausalDelta } from "../../../core/dag/delta.ts";
import type { AuthorId, Incarnation } from "../../../core/ids.ts";
import type { Turn } from "../../../core/turn.ts";
import { simulate } from "../../../sim/host/simulate.ts";
import { Lives } from "../../../sim/oracles/lives.ts";
import { defineScenario } from "../../../sim/scenario/scenario.ts";
import type { SimNode } from "../../../sim/world/sim-node.ts";
import { breakage, whileBroken } from "./broken.ts";

const scenario = defineScenario({
  ...{ name: "lives", nodes: 3, until: "30s", contexts: [{ id: "c", app: "counter" }] },
  workload: [{ until: "8s", rate: "10/s", nodes: "all", method: "increment", args: { key: "k{int 0 3}" } }],
  faults: [
    { at: "2s", until: "3s", kind: "crash", nodes: "n1", disk: "wipe" },
    { at: "4s", kind: "clock-jump", nodes: "n2", byMs: -60_000 },
    { at: "5s", until: "6s", kind: "crash", nodes: ["n1", "n2"] },
  ],
});

function complaints(): readonly string[] {
  return simulate(scenario).violations.flatMap(({ oracle, node, message }) =>
    oracle === "one-life" ? `${node}: ${message}` : [],
  );
}

test("a sound node has an incarnation for each life, and a clock that ascends", () => {
  assert.equal(simulate(scenario).violations, []);
});

test("a node that keeps its incarnation over a crash is seen", () => {
  const always = breakage(
    Author.prototype,
    "load",
    (load) =>
      function (this: Author, incarnation: Incarnation, turn: Turn) {
        return load.call(this, "\0".repeat(incarnation.length) as Incarnation, turn);
      },
  );
  const found = whileBroken([always], complaints);
  assert.ok(found.includes("n1: it writes on under the incarnation of an earlier life"));
});

test("a node whose clock stands still within a life is seen, and one that lost it with its disk is not", () => {
  const found: string[] = [];
  const lives = new Lives(1, ({ message }) => found.push(message));
  const author = "a" as AuthorId;
  const write = (epoch: number, incarnation: string, ms: number, kind = "merge") => {
    const node = { index: 0, id: "n0", epoch, author } as SimNode;
    lives.wrote(node, {
      author,
      incarnation,
      hlc: { ms, counter: 0 },
      content: { kind },
    } as CausalDelta);
  };
  // After a wiped disk it is given the foundings of its contexts again, in any order.
  for (const ms of [2, 3, 1]) write(1, "founding", ms, "genesis");
  write(1, "one", 5);
  write(1, "one", 6);
  write(2, "two", 3);
  assert.equal(found, []);
  write(2, "two", 3);
  assert.equal(found, ["it writes with a clock that does not ascend"]);
});

test.run();
