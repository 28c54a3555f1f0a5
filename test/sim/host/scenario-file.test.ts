import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadScenario } from "../../../sim/host/scenario-file.ts";
import { complaintsAbout, complaintsAboutPath, withFile } from "./scenario-files.ts";

const lines = (...text: readonly string[]) => `${text.join("\n")}\n`;

test("YAML and JSON with the same content are the same scenario", async () => {
  const yaml = lines(
    "# a comment",
    "name: small",
    "nodes: 3",
    "until: 10s",
    "faults:",
    "  - { at: 1s, kind: pause, nodes: n1 }",
  );
  const json = JSON.stringify(
    { name: "small", nodes: 3, until: "10s", faults: [{ at: "1s", kind: "pause", nodes: "n1" }] },
    null,
    "\t",
  );
  const load = (name: string, text: string) => withFile(name, text, (path) => loadScenario(path));
  assert.equal((await load("a.yaml", yaml)).scenario, (await load("a.json", json)).scenario);
  assert.is((await load("a.yml", yaml)).scenario.name, "small");
});

test("a misspelt key is named with its line, its path and the key that was meant", async () => {
  const found = await complaintsAbout(lines("name: a", "nodes: 3", "network:", "  losss: 0.1"));
  assert.is(found.length, 1);
  assert.match(found[0] ?? "", 'a.yaml:4:3: network.losss: unknown key "losss", expected one of topology, ');
  assert.match(found[0] ?? "", '; did you mean "loss"?');
});

test("a required key that is misspelt is told once, not as missing besides", async () => {
  const found = await complaintsAbout(lines("name: a", "nods: 3"));
  assert.is(found.length, 1);
  assert.match(found[0] ?? "", '; did you mean "nodes"?');
});

test("each mistake of form has its line and says what was found and what was expected", async () => {
  const found = await complaintsAbout(
    lines(
      "name: 7",
      "nodes: three",
      "config: { syncFrequencyMS: 10, heartbeatMs: 1 }",
      "workload:",
      "  - { rate: 12/x, method: set }",
      "  - { at: soon, node: n1, nodes: n2, method: set }",
      "faults:",
      "  - { at: 1s, kind: latency }",
      "  - at: 1s",
      "    kind: flap",
      "    split: 0.5",
    ),
  );
  const starts = [
    "a.yaml:1:7: name: found 7, expected a name",
    'a.yaml:2:8: nodes: found "three", expected a number of nodes from 1 to 10000, or a list of them',
    'a.yaml:3:11: config.syncFrequencyMS: unknown key "syncFrequencyMS", expected one of syncFrequencyMs, ',
    "a.yaml:3:45: config.heartbeatMs: found 1, expected a whole number from 10 to 86400000",
    'a.yaml:5:13: workload[0].rate: found "12/x", expected a rate: 12/s, 30/m, 2/h or a number a second',
    'a.yaml:6:5: workload[1]: found "node" and "nodes", expected one of them',
    'a.yaml:6:11: workload[1].at: found "soon", expected a duration: 250ms, 10s, 2m, 1h or a number of ms',
    'a.yaml:8:5: faults[0]: missing key "addMs" or "latency"',
    'a.yaml:9:5: faults[1]: missing key "period", expected at least kind, at, period',
  ];
  assert.is(found.length, starts.length, found.join("\n"));
  for (const [index, start] of starts.entries()) assert.is(found[index]?.slice(0, start.length), start);
});

test("problems stand in the order of the file, whatever the order of the schema", async () => {
  const found = await complaintsAbout(
    lines(
      "until: x",
      "faults: x",
      "seed: x",
      "nodes: [{ idd: a, count: 0 }]",
      "naem: a",
      "config: { heartbeatMs: x }",
    ),
  );
  assert.equal(
    found.map((line) => line.split(" ")[0]),
    [
      ...["a.yaml:1:8:", "a.yaml:2:9:", "a.yaml:3:7:", "a.yaml:4:11:", "a.yaml:4:26:", "a.yaml:5:1:"],
      "a.yaml:6:24:",
    ],
  );
});

test("misspelt kinds say what there is", async () => {
  const kinds =
    "expected one of partition, flap, oneway, loss, duplicate, reorder, corrupt, latency, bandwidth, crash, pause, slow, disk-slow, disk-full, disk-fail, byzantine, clock-jump, clock-drift, join, leave";
  const found = await complaintsAbout(
    lines(
      "name: a",
      "nodes: 3",
      "network: { topology: { kind: rnig } }",
      "faults:",
      "  - { at: 1s, kind: partion, split: 0.5 }",
      "  - { at: 1s, kind: byzantine, nodes: n1, behaviour: [lie, stal] }",
      "  - { at: 1s, kind: crash, nodes: n1, disk: wiped }",
      "expect:",
      "  - fault-counted: { kind: corupt, atLeast: 1 }",
    ),
  );
  assert.equal(found, [
    'a.yaml:3:30: network.topology.kind: found "rnig", expected one of random-regular, full, ring, line, star; did you mean "ring"?',
    `a.yaml:5:21: faults[0].kind: found "partion", ${kinds}; did you mean "partition"?`,
    'a.yaml:6:60: faults[1].behaviour[1]: found "stal", expected one of equivocate, forge, replay, flood, junk, lie, false-snapshot, false-blob, stall; did you mean "stall"?',
    'a.yaml:7:45: faults[2].disk: found "wiped", expected one of keep, lose-unsynced, torn, corrupt, wipe, rollback; did you mean "wipe"?',
    `a.yaml:9:28: expect[0].fault-counted.kind: found "corupt", ${kinds}; did you mean "corrupt"?`,
  ]);
});

test("what only the plan can tell has its line too", async () => {
  const found = await complaintsAbout(
    lines(
      "name: a",
      "nodes: 30",
      "faults:",
      "  - { at: 1s, kind: crash, nodes: [n1, n290] }",
      "  - { at: 3s, until: 2s, kind: pause, nodes: n2 }",
      "workload:",
      "  - { at: 1s, node: n0, method: sett }",
    ),
  );
  assert.equal(found, [
    'a.yaml:4:40: faults[0].nodes[1]: found "n290", expected a node: n0, n1, n2 … n29; did you mean "n20"?',
    'a.yaml:5:22: faults[1].until: found "2s", expected a time after 3s, when it begins',
    'a.yaml:7:33: workload[0].method: found "sett", expected a method of kv-store: set, remove, clear, get, entries, len; did you mean "set"?',
  ]);
});

test("at most ten problems are listed, and the rest counted", async () => {
  const faults = Array.from({ length: 14 }, () => "  - { at: 1s, kind: pause, nodes: x }");
  const found = await complaintsAbout(lines("name: a", "nodes: 3", "faults:", ...faults));
  assert.is(found.length, 11);
  assert.is(found[10], "… and 4 more");
});

test("a place behind an alias is where its anchor stands", async () => {
  const found = await complaintsAbout(
    lines(
      "name: a",
      "nodes: 3",
      "network: { latency: &slow { kind: constant, ms: -1 } }",
      "faults:",
      "  - { at: 1s, kind: latency, latency: *slow }",
    ),
  );
  assert.equal(found, [
    "a.yaml:3:49: network.latency.ms: found -1, expected a number from 0 to 3600000",
    "a.yaml:3:49: faults[0].latency.ms: found -1, expected a number from 0 to 3600000",
  ]);
});

const broken: readonly (readonly [title: string, text: string | Uint8Array, complaint: string])[] = [
  [
    "an open bracket",
    "name: a\nnodes: [1\n",
    "a.yaml:3:1: not valid YAML: Flow sequence in block collection must be",
  ],
  ["bad indentation", "name: a\n  nodes: 3\n", "a.yaml:1:7: not valid YAML: Nested mappings are not allowed"],
  [
    "a key twice",
    "name: a\nnodes: 1\nname: b\n",
    "a.yaml:3:1: found the key name a second time, expected each key once",
  ],
  [
    "a second document",
    "name: a\nnodes: 1\n---\nname: b\n",
    "a.yaml:3:1: found a second document, expected one",
  ],
  ["an unknown tag", "name: !secret a\nnodes: 1\n", "a.yaml:1:7: not valid YAML: Unresolved tag: !secret"],
  [
    "an alias without anchor",
    "name: a\nnodes: *many\n",
    "a.yaml:2:8: there is no anchor &many before this alias",
  ],
  [
    "an alias within itself",
    "name: a\nnodes: &all [*all]\n",
    "a.yaml:2:14: the alias *all stands inside its own anchor",
  ],
  ["nothing", "", "a.yaml: is empty, expected a scenario: an object with at least name and nodes"],
  ["only a comment", "# later\n", "a.yaml: is empty, expected a scenario"],
  ["a list", "- name\n", 'a.yaml:1:1: found ["name"], expected a scenario: an object'],
  ["a text", "just words\n", 'a.yaml:1:1: found "just words", expected a scenario: an object'],
  [
    "not a number",
    "name: a\nnodes: .nan\n",
    "a.yaml:2:8: nodes: found NaN, expected a value that JSON can hold",
  ],
  ["no text", Uint8Array.of(0xff, 0xfe, 0x00), "a.yaml: is not UTF-8 text, expected YAML or JSON"],
  ["too much nesting", `name: a\nnodes: ${"[".repeat(50_000)}`, "a.yaml:2:"],
];

for (const [title, text, complaint] of broken) {
  test(`a file with ${title} is one clear error`, async () => {
    const found = await complaintsAbout(text);
    assert.is(found.length, 1, found.join("\n"));
    assert.is(found[0]?.slice(0, complaint.length), complaint);
  });
}

test("aliases that multiply are refused before they fill the memory", async () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const held = level === 0 ? "x" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(9).fill(held).join(", ")}]`;
  });
  const found = await complaintsAbout(lines(...levels));
  assert.equal(found, [
    "a.yaml:1:1: aliases repeat too much: expected at most 100 times what is written out",
  ]);
});

test("JSON errors have their line", async () => {
  const [cut = ""] = await complaintsAbout('{\n "name": "a",\n "nodes": [1\n', { name: "a.json" });
  assert.match(cut, /^a\.json:\d+:\d+: not valid JSON: /);
  const found = await complaintsAbout('{\n\t"name": "a",\n\t"nodes": 0\n}\n', { name: "a.json" });
  assert.equal(found, [
    "a.json:3:11: nodes: found 0, expected a number of nodes from 1 to 10000, or a list of them",
  ]);
});

test("a missing file, a directory and another kind of file are one clear error each", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reconverge-scenario-"));
  try {
    assert.equal(await complaintsAboutPath(folder), [`${folder}: is a directory, expected a scenario file`]);
    assert.equal(await complaintsAboutPath(join(folder, "a.yaml")), [
      `${join(folder, "a.yaml")}: there is no such file`,
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.equal(await complaintsAbout("x = 1", { name: "a.toml" }), [
    "a.toml: is a .toml file, expected .yaml, .yml, .json, .ts or .js",
  ]);
});

test("a missing file is guessed from its neighbours", async () => {
  const found = await withFile("partition.yaml", "", (path) =>
    complaintsAboutPath(path.replace("partition", "partiton")),
  );
  assert.match(found[0] ?? "", 'there is no such file; did you mean "partition.yaml"?');
});

test.run();
