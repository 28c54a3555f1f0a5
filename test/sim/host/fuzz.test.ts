// The commands, from outside: what they print, what they write, and how they exit.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { exitCodes } from "../../../sim/result.ts";
import { testedCli } from "../../tested-cli.ts";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "reconverge-fuzz-")));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function reconverge(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [testedCli, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("fuzz prints a line of JSON for each seed, in order, whatever the number of workers, and the rest to stderr", () => {
  const hashes = ["1", "2"].map((workers) => {
    const { status, stdout, stderr } = reconverge("fuzz", "--seeds", "1..2", "--workers", workers, "--json");
    assert.is(status, 0, stderr);
    const results = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(
      results.map(({ seed }) => seed),
      [1, 2],
    );
    assert.match(stderr, /passed {2}fuzz, profile default: 2 runs/);
    assert.match(stderr, /planted mistakes: all 7 caught/);
    assert.match(stderr, /never: /);
    return results.map(({ traceHash }) => traceHash);
  });
  assert.equal(hashes[0], hashes[1]);
});

test("a budget that ends before the seeds is told first, and by the exit code", () => {
  const { status, stdout } = reconverge("fuzz", "--seeds", "1..9", "--budget", "1ms");
  assert.is(status, exitCodes.budget);
  assert.match(stdout, /^the budget ended, none failed until then {2}fuzz, profile default: 0 of 9 seeds/);
  assert.match(stdout, /\n {2}nothing ran, so nothing was covered\n/);
  assert.not.match(stdout, /never:/);
});

test("what was mistyped is told", () => {
  for (const [args, message] of [
    [
      ["fuzz", "--profile", "netwrok"],
      /--profile: found "netwrok", expected one of .*did you mean "network"/,
    ],
    [["fuzz", "--budget", "long"], /--budget: found "long", expected a duration/],
    [["fuzz", "--budget", "0s"], /--budget: found "0s", expected more than 0\n/],
    [["fuzz", "--budget", "99999h"], /--budget: found "99999h", expected no more than a year, 8760h\n/],
    [["replay", "nowhere", "--to", "99999h"], /--to: found "99999h", expected no more than a year, 8760h\n/],
    [["fuzz", "--seeds", "3"], /--seeds: found "3"/],
    [["shrink", "nowhere.yaml"], /nowhere.yaml: there is no such file/],
  ] as const) {
    const { status, stderr } = reconverge(...args);
    assert.is(status, 1);
    assert.match(stderr, message);
    assert.not.match(stderr, / at /);
  }
});

const failing = `
name: apart
nodes: 6
workload:
  - { rate: 5/s, until: 4s, method: set, args: { key: "k{int 0 3}", value: "{seq}" } }
faults:
  - { at: 1s, kind: partition, groups: [n0] }
  - { at: 2s, until: 3s, kind: crash, nodes: [n2, n3] }
expect:
  - converged: { within: 4s }
until: 12s
`;

test("shrink writes a scenario that sim fails in the same way", () => {
  const [file, small] = [join(folder, "apart.yaml"), join(folder, "small.yaml")];
  writeFileSync(file, failing);
  const { status, stderr } = reconverge("shrink", file, "--seed", "4", "-o", small);
  assert.is(status, 0, stderr);
  assert.match(stderr, /shrunk to 2 nodes, 1 call and 1 fault in \d+ runs/);
  assert.ok(existsSync(small));
  assert.match(readFileSync(small, "utf8"), /name: converged-2-nodes-partition/);
  const again = reconverge("sim", small, "--json");
  assert.is(again.status, exitCodes.liveness);
  assert.is(JSON.parse(again.stdout).violations[0].oracle, "converged");
});

/** Shrinking it takes twenty times as long as running it: what is expected pins each call. */
const slowToShrink = `
name: slow
nodes: 4
workload:
  - { rate: 10/s, until: 6s, method: set, args: { key: "k{int 0 3}", value: "{seq}" } }
faults:
  - { at: 1s, until: 2s, kind: partition, groups: [n0] }
  - { at: 2s, until: 3s, kind: crash, nodes: [n2, n3] }
expect:
  - entities: { context: kv, equals: 9999 }
until: 10s
`;

/** Runs a command, signals after so long, and gives the exit code; null when the signal ended it. */
async function signalled(
  signal: NodeJS.Signals,
  { args, afterMs }: { readonly args: readonly string[]; readonly afterMs: number },
) {
  const child = spawn(process.execPath, [testedCli, ...args], { cwd: folder });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text) => (stdout += text));
  child.stderr.on("data", (text) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  await sleep(afterMs);
  child.kill(signal);
  return { status: await ended, stdout, stderr };
}

for (const [reason, exitCode, shrinkFor] of [
  [
    "the budget is over",
    exitCodes.budget,
    async (args, afterMs) => reconverge(...args, "--budget", `${afterMs}ms`),
  ],
  ["SIGINT", 130, (args, afterMs) => signalled("SIGINT", { args, afterMs })],
  ["SIGTERM", 143, (args, afterMs) => signalled("SIGTERM", { args, afterMs })],
] as const satisfies readonly (readonly [
  string,
  number,
  (args: readonly string[], afterMs: number) => Promise<{ status: number | null; stderr: string }>,
])[]) {
  test(`shrink that is cut off (${reason}) writes the smallest scenario so far, and that it is not minimal`, async () => {
    const [file, small] = [join(folder, "slow.yaml"), join(folder, `cut-off-${exitCode}.yaml`)];
    writeFileSync(file, slowToShrink);
    // How long it takes to begin depends on the machine: whoever is cut off before has nothing to write.
    for (let afterMs = 2_000; !existsSync(small); afterMs *= 2) {
      const { status, stderr } = await shrinkFor(["shrink", file, "-o", small], afterMs);
      if (existsSync(small)) {
        assert.is(status, exitCode, stderr);
        assert.match(stderr, `cut off (${reason}): this is the smallest so far, and not minimal`);
      } else {
        assert.ok(status === null || stderr.includes("nothing is written"), stderr);
      }
    }
    assert.match(readFileSync(small, "utf8"), /name: not-minimal-entities-/);
    assert.is(reconverge("sim", small).status, exitCodes.safety);
  });
}

for (const json of [[], ["--json"]])
  test(`fuzz ${json} that is cut off says that first, and what it has seen`, async () => {
    for (let afterMs = 4_000; ; afterMs *= 2) {
      const args = ["fuzz", "--seeds", "1..1000000", ...json];
      const { status, stdout, stderr } = await signalled("SIGTERM", { args, afterMs });
      if (status === null) continue;
      assert.is(status, 143, stderr);
      const told = json.length === 0 ? stdout : stderr;
      assert.match(
        told,
        /(^|\n)cut off by SIGTERM, none failed until then {2}fuzz, profile default: \d+ of 1000000 seeds/,
      );
      assert.not.match(stdout + stderr, "passed  fuzz");
      return;
    }
  });

test("a run with more events than it may have ends as over budget, and says how to see it again", () => {
  const file = join(folder, "apart.yaml");
  writeFileSync(file, failing);
  const { status, stdout, stderr } = reconverge("sim", file, "--events", "100", "--json");
  assert.is(status, exitCodes.budget);
  assert.is(JSON.parse(stdout).outcome, "budget");
  assert.match(stderr, /reproduce: npx reconverge sim .* --seed 1 --events 100/);
});

test("a place that takes no folder is told before anything runs", () => {
  if (!existsSync("/proc/self")) return;
  const { status, stderr } = reconverge("fuzz", "--seeds", "1..1", "--corpus", "/proc/nothing/here");
  assert.is(status, 1);
  assert.match(stderr, /^--corpus: \/proc\/nothing\/here cannot be written: [^\n]+\n$/);
});

test("there is nothing to shrink in a run that passes", () => {
  const file = join(folder, "sound.yaml");
  writeFileSync(
    file,
    "{ name: sound, nodes: 2, until: 2s, workload: [{ at: 1s, method: set, args: { key: k, value: 1 } }] }",
  );
  const { status, stdout, stderr } = reconverge("shrink", file);
  assert.is(status, 1);
  assert.is(stdout, "");
  assert.match(stderr, /the run of seed 1 passes, so there is nothing to shrink/);
});

test.run();
