// A run that fails leaves a bundle, which runs again anywhere and says whether it did the same.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testedCli } from "../../tested-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "reconverge-bundle-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function reconverge(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [testedCli, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Two files of an application, the one imported by the other, and a scenario that fails. */
mkdirSync(join(folder, "mine/apps"), { recursive: true });
mkdirSync(join(folder, "mine/shared"));
writeFileSync(join(folder, "mine/shared/names.ts"), `export const name = "own";\n`);
writeFileSync(
  join(folder, "mine/apps/own.ts"),
  `import { counter, defineApp } from "reconverge/app";
import { name } from "../shared/names.ts";
export const own = defineApp({
  name,
  state: { hits: counter() },
  methods: { hit({ hits }) { hits.increment(1); } },
  views: {},
});
`,
);
writeFileSync(
  join(folder, "mine/fails.yaml"),
  `name: it fails
nodes: 4
applications: [apps/own.ts]
contexts: [{ id: c, app: own }]
workload: [{ from: 1s, until: 4s, rate: 3/s, method: hit, args: {} }]
faults: [{ at: 2s, kind: partition, groups: [[n0]] }]
expect: [{ converged: { within: 1s } }]
until: 8s
`,
);
const made = reconverge("sim", "mine/fails.yaml", "--bundle", "out", "--trace", "events.jsonl");
const bundle = join(folder, "out/it-fails-1");
rmSync(join(folder, "mine"), { recursive: true });

test("a failing run writes a bundle, says how to replay it, and its events one a line", () => {
  assert.is(made.status, 3, made.stderr);
  assert.match(made.stderr, /^bundle: npx reconverge replay out\/it-fails-1$/m);
  const lines = readFileSync(join(folder, "events.jsonl"), "utf8").trimEnd().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { event: number; input: { kind: string } });
  assert.ok(events.length > 100 && events.some(({ input }) => input.kind === "gossip"));
  assert.ok(events.every(({ event }, index) => event >= (events[index - 1]?.event ?? 0)));
  const { inputs } = JSON.parse(readFileSync(join(bundle, "chain.json"), "utf8"));
  assert.is(inputs, events.length);
});

test("a bundle runs again without the files it was made of, with the same outcome, and says it is the same", () => {
  const { status, stdout, stderr } = reconverge("replay", "out", "--json");
  assert.is(status, 3, stderr);
  assert.is(stderr, "");
  const { result, difference, isSameCode } = JSON.parse(stdout);
  const recorded = JSON.parse(readFileSync(join(bundle, "result.json"), "utf8"));
  assert.is(result.traceHash, recorded.traceHash);
  assert.equal(result.violations, recorded.violations);
  assert.equal([difference, isSameCode], [null, true]);
});

test("replay stops at a time or an event, and shows where every node stands", () => {
  const { status, stdout } = reconverge("replay", bundle, "--to", "3.5s", "--json");
  assert.is(status, 0);
  const { state, result } = JSON.parse(stdout);
  assert.is(result, null);
  assert.ok(state.atMs <= 3_500 && state.atMs > 3_000);
  assert.equal(
    state.nodes.map(({ id }: { id: string }) => id),
    ["n0", "n1", "n2", "n3"],
  );
  const [most, least] = state.groups.c;
  assert.ok(most.nodes.length === 3 && least.nodes[0] === "n0");
  assert.ok(most.values.hits > least.values.hits, "n0 is cut off from the others' hits");
  const again = reconverge("replay", bundle, "--to", `#${state.event}`);
  assert.match(again.stdout, new RegExp(`after event ${state.event}\n  last: event \\d+, n\\d handled`));
  assert.match(again.stdout, /context c: \d groups stand on different heads/);
});

test("replay to a moment that the run does not come to says where it ends", () => {
  const ends =
    /\n {2}the run is over before (#99999|100s): it ends after event #\d+, at \d+\.\d{6} s\n {2}the same as/;
  for (const moment of ["#99999", "100s"]) {
    const { status, stdout } = reconverge("replay", bundle, "--to", moment);
    assert.is(status, 0);
    assert.match(stdout, ends);
  }
  const { isOver } = JSON.parse(reconverge("replay", bundle, "--to", "#99999", "--json").stdout);
  assert.is(isOver, true);
  for (const moment of ["#10", "3s"])
    assert.not.match(reconverge("replay", bundle, "--to", moment).stdout, /is over/);
});

test("a run that ends once all has settled is over before a later time", () => {
  const settles = {
    ...{ name: "settles", nodes: 2, settle: 100, until: "60s" },
    workload: [{ at: "1s", node: "n0", method: "set", args: { key: "k", value: 1 } }],
    expect: [{ value: { context: "kv", key: "k", equals: 2 } }],
  };
  writeFileSync(join(folder, "settles.yaml"), JSON.stringify(settles));
  const { status, stderr } = reconverge("sim", "settles.yaml", "--bundle", "settled");
  assert.is(status, 2, stderr);
  const { stdout } = reconverge("replay", "settled/settles-1", "--to", "30s");
  assert.match(stdout, /the run is over before 30s: it ends after event #\d+, at 1\.\d{6} s\n/);
});

/** A copy of the bundle, with one file changed. */
function changed(name: string, file: string, change: (bytes: Buffer) => string | Buffer): string {
  const copy = join(folder, name);
  cpSync(bundle, copy, { recursive: true });
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file))));
  return copy;
}

/** Has a bundle say that the trace had another hash, in both places. */
function rehash(path: string): void {
  for (const name of ["chain.json", "result.json"]) {
    const part = JSON.parse(readFileSync(join(path, name), "utf8"));
    writeFileSync(join(path, name), JSON.stringify({ ...part, traceHash: "0".repeat(64) }));
  }
}

test("a run that comes to another hash or outcome, though all inputs are alike, is not the same", () => {
  const hashed = changed("hashed", "inputs.bin.gz", (bytes) => bytes);
  rehash(hashed);
  const judged = changed("judged", "result.json", (bytes) =>
    bytes.toString().replace('"outcome": "liveness"', '"outcome": "passed"'),
  );
  for (const [path, message] of [
    [hashed, /^in its traceHash, after \d+ inputs: recorded 0{64}, now [0-9a-f]{64}$/],
    [judged, /^in its outcome, after \d+ inputs: recorded passed, now liveness$/],
  ] as const) {
    const { status, stdout } = reconverge("replay", path, "--json");
    assert.is(status, 4);
    const { difference } = JSON.parse(stdout);
    assert.is(difference.input, null);
    assert.match(difference.message, message);
    assert.not.match(reconverge("replay", path).stdout, /the same as recorded/);
    assert.is(reconverge("replay", path, "--to", "7s").status, 0);
  }
});

test("a run that differs from what was recorded ends with 4 and names the first input that does", () => {
  const at = 77;
  const other = changed("other", "inputs.bin.gz", (bytes) => {
    const columns = gunzipSync(bytes);
    columns[at * 4] = (columns[at * 4] ?? 0) ^ 1;
    return gzipSync(columns);
  });
  rehash(other);
  const { status, stdout } = reconverge("replay", other, "--json");
  assert.is(status, 4);
  const { difference } = JSON.parse(stdout);
  assert.is(difference.input, at + 1);
  assert.equal(difference.recorded, difference.now);
  assert.is(reconverge("replay", other, "--to", "#10").status, 0, "before that input nothing differs");
  assert.is(reconverge("replay", other, "--to", "7s").status, 4);
});

test("a bundle of other code says so, with the defaults that changed, and goes on", () => {
  const old = changed("old", "bundle.json", (bytes) =>
    bytes.toString().replace(/"sources": "\w+"/, '"sources": "old"'),
  );
  const config = join(old, "config.json");
  writeFileSync(config, readFileSync(config, "utf8").replace(/"heartbeatMs": \d+/, '"heartbeatMs": 123'));
  const { status, stderr } = reconverge("replay", old);
  assert.is(status, 3);
  assert.match(
    stderr,
    /^written by reconverge .*sources old.*it may not do the same\n {2}heartbeatMs was 123 and is \d+\n$/,
  );
});

test("what is no bundle, or a broken one, is told in one sentence", () => {
  const broken = changed("broken", "plan.json", (bytes) => bytes.toString().replace('"node":0', '"node":77'));
  const emptied = changed("emptied", "inputs.bin.gz", () => gzipSync(""));
  const unchained = changed("unchained", "chain.json", () => "{}");
  const digit = (text: string) => text.replace(/("traceHash": "\w+)\w"/, '$1x"');
  const relinked = changed("relinked", "chain.json", (bytes) => digit(bytes.toString()));
  const judged = changed("rejudged", "result.json", (bytes) => digit(bytes.toString()));
  const unjudged = changed("unjudged", "result.json", () => "{}");
  const misjudged = changed("misjudged", "result.json", (bytes) =>
    bytes.toString().replace('"liveness"', '"lively"'),
  );
  const shortened = changed("shortened", "chain.json", (bytes) =>
    bytes.toString().replace(/"checkpoints": \[[^\]]*\]/, '"checkpoints": ["one"]'),
  );
  const listed = changed("listed", "config.json", () => "[]");
  const torn = changed("torn", "inputs.bin.gz", (bytes) => bytes.subarray(0, 30));
  const newer = changed("newer", "bundle.json", (bytes) =>
    bytes.toString().replace('"format": 1', '"format": 9'),
  );
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["replay", "nowhere"], /^nowhere: found no bundle, expected a folder that `sim --bundle` wrote\n$/],
    [["replay", broken], /plan\.json: is not as `sim --bundle` wrote it/],
    [["shrink", broken], /plan\.json: is not as `sim --bundle` wrote it/],
    [["replay", emptied], /inputs\.bin\.gz: found 0 inputs, expected \d+ as chain\.json says/],
    [["replay", unchained], /chain\.json: expected "inputs", a number, "checkpoints", a list/],
    [["replay", relinked], /result\.json and chain\.json name different trace hashes: one is damaged/],
    [["replay", judged], /result\.json and chain\.json name different trace hashes: one is damaged/],
    [["replay", unjudged], /result\.json: expected "outcome", "traceHash", "events", .*: damaged/],
    [["replay", misjudged], /result\.json: expected "outcome"/],
    [["replay", shortened], /chain\.json: found 1 checkpoints, expected 0: damaged/],
    [["replay", listed], /config\.json: found no object/],
    [["replay", torn], /inputs\.bin\.gz: cannot be read/],
    [["replay", newer], /bundle\.json: found format 9, expected 1/],
    [["replay", bundle, "--to", "soon"], /^--to: found "soon", expected a time such as 12\.5s/],
    [
      ["trace", bundle, "--format", "pdf"],
      /^--format: found "pdf", expected perfetto, shiviz, mermaid, html\n$/,
    ],
    [["trace", bundle, "--format", "html", "--seed", "3"], /is a failure bundle, one run as it was/],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = reconverge(...args);
    assert.is(status, 1, args.join(" "));
    assert.is(stdout, "");
    assert.match(stderr, message);
  }
});

test("a bundle is drawn in every format", () => {
  const starts = { perfetto: "{", shiviz: "n", mermaid: "sequenceDiagram", html: "<!doctype html>" };
  for (const [format, start] of Object.entries(starts)) {
    const { status, stdout, stderr } = reconverge("trace", bundle, "--format", format);
    assert.is(status, 0, stderr);
    assert.ok(stdout.startsWith(start), format);
  }
});

test("shrink makes a bundle small, and puts into it a scenario that fails alike, applications and all", () => {
  const { status, stdout, stderr } = reconverge("shrink", "out");
  assert.is(status, 0, stderr);
  assert.is(stdout, "");
  assert.match(stderr, /^run it: npx reconverge sim out\/it-fails-1\/small.yaml$/m);
  const small = readFileSync(join(bundle, "small.yaml"), "utf8");
  assert.match(small, /\.\/applications\/apps\/own\.ts/);
  const again = reconverge("sim", "out/it-fails-1/small.yaml", "--json");
  assert.is(again.status, 3, again.stderr);
  const { violations, nodes } = JSON.parse(again.stdout);
  assert.is(violations[0].oracle, "converged");
  assert.is(nodes, 2);
});

test("without a terminal watch runs a bundle as sim would its scenario, and says how to run it again", () => {
  const { status, stdout, stderr } = reconverge("watch", "out");
  assert.is(status, 3, stderr);
  assert.match(stdout, /^FAILED \(liveness\) {2}it fails {2}seed 1\n/);
  assert.is(stderr, "reproduce: npx reconverge replay out\n");
});

test("the plan of a bundle is made, so shrink, trace and watch take no seed for it", () => {
  for (const args of [["shrink"], ["watch"], ["trace", "--format", "mermaid"]]) {
    const { status, stderr } = reconverge(...args, "out", "--seed", "3");
    assert.is(status, 1);
    assert.match(
      stderr,
      /^out: is a failure bundle, one run as it was: --seed and --set are for scenario files, [^\n]+\n$/,
    );
  }
});

test("a place that cannot be written to is told in one sentence, before or after the run", () => {
  const full = "/dev/full";
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["sim", "fails.yaml", "--bundle", "fails.yaml"],
      /^--bundle: found "fails\.yaml", expected a folder to write to\n$/,
    ],
    [
      ["fuzz", "--seeds", "1..1", "--corpus", "fails.yaml"],
      /^--corpus: found "fails\.yaml", expected a folder/,
    ],
    [["shrink", "fails.yaml", "-o", "out"], /^--output: out is a directory, expected a file to write\n$/],
    [["shrink", "fails.yaml", "-o", "no/x"], /^--output: no\/x cannot be written: there is no folder no\n$/],
    ...(existsSync(full)
      ? ([
          [["sim", "fails.yaml", "--trace", full], /^--trace: \/dev\/full cannot be written: ENOSPC$/m],
          [
            ["trace", "fails.yaml", "--format", "html", "-o", full],
            /^--output: \/dev\/full cannot be written/,
          ],
        ] as const)
      : []),
  ];
  writeFileSync(
    join(folder, "fails.yaml"),
    "{ name: fails, nodes: 2, until: 2s, expect: [{ entities: { context: kv, equals: 9 } }] }",
  );
  for (const [args, message] of cases) {
    const { status, stderr } = reconverge(...args);
    assert.is(status, 1, args.join(" "));
    assert.match(stderr, message);
    assert.not.match(stderr, /\n {4}at /);
  }
});

test("a reader that goes away ends a command without a word", () => {
  const line = `"${process.execPath}" "${testedCli}" sim fails.yaml --seeds 1..3 --json 2>errors.txt | true`;
  const { status } = spawnSync("sh", ["-c", line], { cwd: folder });
  assert.is(status, 0);
  assert.not.match(readFileSync(join(folder, "errors.txt"), "utf8"), /EPIPE|\n {4}at /);
});

test.run();
