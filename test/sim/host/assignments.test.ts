import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Json } from "../../../core/json.ts";
import { applyAssignments } from "../../../sim/host/assignments.ts";
import { ScenarioError } from "../../../sim/scenario/scenario-error.ts";
import { complaintsAbout } from "./scenario-files.ts";

const data: Json = {
  name: "a",
  nodes: 100,
  faults: [{ at: "1s", nodes: ["n0", "n1"] }],
  network: { loss: 0.01 },
};

function set(...texts: readonly string[]): Json {
  return applyAssignments(data, texts).data;
}

function refusalOf(text: string): string {
  try {
    set(text);
    return "";
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
}

test("a value is YAML", () => {
  assert.equal(set("nodes=3"), { ...data, nodes: 3 });
  assert.equal(set("name=b c"), { ...data, name: "b c" });
  assert.equal(set("network={ loss: 0.5, gossip: { d: 3 } }"), {
    ...data,
    network: { loss: 0.5, gossip: { d: 3 } },
  });
  assert.equal(set('name="a=b"'), { ...data, name: "a=b" });
  assert.equal(set("name=a=b"), { ...data, name: "a=b" });
  assert.equal(set("until="), { ...data, until: null });
});

test("a path may go into objects and lists, in either way of writing", () => {
  const expected = { ...data, faults: [{ at: "2s", nodes: ["n0", "n7"] }] };
  assert.equal(set("faults.0.at=2s", "faults.0.nodes.1=n7"), expected);
  assert.equal(set("faults[0].at=2s", "faults[0].nodes[1]=n7"), expected);
});

test("what is missing on the way is made, and the index after the last appends", () => {
  assert.equal(set("config.heartbeatMs=50"), { ...data, config: { heartbeatMs: 50 } });
  assert.equal(set("faults.0.nodes.2=n2"), { ...data, faults: [{ at: "1s", nodes: ["n0", "n1", "n2"] }] });
  assert.equal(set("expect.0.converged.within=5s"), { ...data, expect: [{ converged: { within: "5s" } }] });
});

test("assignments are made in order", () => {
  assert.equal(set("nodes=3", "nodes=4"), { ...data, nodes: 4 });
  assert.equal(set("faults=[]", "faults.0.kind=pause"), { ...data, faults: [{ kind: "pause" }] });
});

test("the data that was given stays as it was", () => {
  const before = JSON.stringify(data);
  set("faults.0.nodes.0=n5", "network.loss=1");
  assert.is(JSON.stringify(data), before);
});

test("an assignment cannot reach a prototype", () => {
  const changed = set("__proto__.polluted=1");
  assert.is(({} as { polluted?: number }).polluted, undefined);
  assert.ok(Object.hasOwn(changed as object, "__proto__"));
});

test("what cannot be assigned says why", () => {
  assert.is(refusalOf("nodes"), "--set nodes: expected path=value, as in network.loss=0.05");
  assert.match(refusalOf("=3"), 'found the path "", expected one such as network.loss');
  assert.match(refusalOf("a..b=3"), 'found the path "a..b"');
  assert.match(refusalOf("faults[x]=3"), 'found the path "faults[x]"');
  assert.match(refusalOf("nodes.0=3"), 'nodes is 100, which has no "0" in it');
  assert.match(refusalOf("network.loss.deep=3"), 'network.loss is 0.01, which has no "deep" in it');
  assert.match(
    refusalOf("faults.2.at=3"),
    'found "2" after faults, a list of 1 entry, expected an index from 0 to 1',
  );
  assert.match(
    refusalOf("faults.at=3"),
    'found "at" after faults, a list of 1 entry, expected an index from 0 to 1',
  );
  assert.match(refusalOf("name=[1"), "the value is not YAML: ");
  assert.match(refusalOf("name=.inf"), "found Infinity");
});

test("every assignment that cannot be made is told", () => {
  assert.throws(
    () => set("nodes", "nodes.a=1", "nodes=2"),
    (error: Error) => error.message.split("\n").length === 2,
  );
});

test("a problem with what was assigned names the assignment, not a line of the file", async () => {
  const text = "name: a\nnodes: 3\nfaults:\n  - { at: 1s, kind: pause, nodes: n1 }\n";
  const about = (...assignments: readonly string[]) => complaintsAbout(text, { assignments });
  assert.equal(await about("nodes=two"), [
    'a.yaml (--set nodes=two): nodes: found "two", expected a number of nodes from 1 to 10000, or a list of them',
  ]);
  assert.match((await about("nods=2"))[0] ?? "", 'a.yaml (--set nods=2): nods: unknown key "nods", ');
  assert.match(
    (await about("faults.0.nodes=n9"))[0] ?? "",
    'a.yaml (--set faults.0.nodes=n9): faults[0].nodes: found "n9"',
  );
  // The rest of the file keeps its lines; what the assignment made on its way is its own.
  assert.match(
    (await about("nodes=1"))[0] ?? "",
    'a.yaml:4:35: faults[0].nodes: found "n1", expected a node: n0',
  );
  assert.match(
    (await about("faults.1.kind=pause"))[0] ?? "",
    'a.yaml (--set faults.1.kind=pause): faults[1]: the scenario has no such entry to change, and the one that --set makes is not whole: missing key "at"',
  );
  const flap = await about("faults.0.kind=flap");
  assert.ok(
    flap.some((line) => line.startsWith('a.yaml:4:5: faults[0]: missing key "period"')),
    flap.join("\n"),
  );
  assert.match(
    (await about("nodes.x=1"))[0] ?? "",
    'a.yaml: --set nodes.x=1: nodes is 3, which has no "x" in it',
  );
});

test.run();
