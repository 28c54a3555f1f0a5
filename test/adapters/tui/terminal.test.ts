// The command as it is used: in a real terminal, where tmux can give one, and without any.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hasTmux, type TerminalOptions, TmuxTerminal } from "./tmux.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const wholeSize: TerminalOptions = { columns: 100, rows: 30 };

function reconverge(...args: readonly string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["bin.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

/** Without what differs from run to run: times and memory. */
function lasting(summary: string): string {
  return summary.replace(/(\d+ events) in .*/, "$1");
}

const withoutTerminal = suite("watch without a terminal");

withoutTerminal("it prints what sim prints, and nothing else", () => {
  const watched = reconverge("watch", "scenarios/hello.yaml", "--seed", "7");
  const simulated = reconverge("sim", "scenarios/hello.yaml", "--seed", "7");
  assert.match(watched.stdout, /^passed {2}hello {2}seed 7\n/);
  assert.is(lasting(watched.stdout), lasting(simulated.stdout));
  assert.equal([watched.stderr, watched.status], ["", 0]);
});

withoutTerminal("a failing run has the exit code of its outcome, and the line that reproduces it", () => {
  const set = ["--set", "expect[1].entities.equals=4"];
  const watched = reconverge("watch", "scenarios/hello.yaml", ...set);
  const simulated = reconverge("sim", "scenarios/hello.yaml", ...set);
  assert.equal([watched.status, watched.stderr], [2, simulated.stderr]);
  assert.match(watched.stderr, /^reproduce: /);
});

withoutTerminal("what is wrong with a scenario or an option is told as sim tells it", () => {
  const missing = reconverge("watch", "scenarios/helo.yaml");
  assert.equal(missing, reconverge("sim", "scenarios/helo.yaml"));
  assert.is(missing.status, 1);
  const impossible = ["scenarios/hello.yaml", "--set", "workload[0].node=n9"];
  assert.equal(reconverge("watch", ...impossible), reconverge("sim", ...impossible));
  const { stderr, status } = reconverge("watch", "scenarios/hello.yaml", "--speed", "fast");
  assert.is(status, 1);
  assert.match(stderr, '--speed: found "fast"');
});

withoutTerminal("a bundle that other code wrote is not taken for what was recorded", () => {
  const folder = mkdtempSync(join(tmpdir(), "reconverge-bundle-"));
  try {
    reconverge("sim", "scenarios/hello.yaml", "--set", "expect[1].entities.equals=4", "--bundle", folder);
    const path = join(folder, "hello-1");
    assert.not.match(reconverge("watch", path).stderr, "not the run");
    for (const name of ["result.json", "chain.json"]) {
      const file = join(path, name);
      const recorded = JSON.parse(readFileSync(file, "utf8"));
      writeFileSync(file, JSON.stringify({ ...recorded, traceHash: "0".repeat(64) }));
    }
    assert.match(
      reconverge("watch", path).stderr,
      /^not the run that was recorded \(safety\): written by reconverge/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

withoutTerminal("running nodes are told of once, and nobody at a URL has an exit code of its own", () => {
  const { stdout, status } = reconverge("watch", "http://127.0.0.1:9");
  assert.match(stdout, /^127\.0\.0\.1:9 {2}http:\/\/127\.0\.0\.1:9 {2}no node answers/);
  assert.is(status, 3);
  const mixed = reconverge("watch", "scenarios/hello.yaml", "http://127.0.0.1:9");
  assert.match(mixed.stderr, "expected one scenario or bundle, or URLs of nodes alone");
  assert.is(mixed.status, 1);
});

withoutTerminal.run();

const inTerminal = suite("watch in a terminal");
const isTried = hasTmux();
if (!isTried) console.log("tmux is not installed: nothing was tried in a real terminal");
const inTmux = isTried ? inTerminal : inTerminal.skip;

/** Prints a line, runs `watch`, and prints its exit code. */
async function watching(
  args: string,
  options: TerminalOptions,
  act: (terminal: TmuxTerminal) => Promise<void>,
): Promise<void> {
  const node = `'${process.execPath}' bin.mjs`;
  const terminal = new TmuxTerminal(`echo before; ${node} watch ${args}; echo "exit code $?"`, options);
  try {
    await act(terminal);
  } finally {
    terminal.end();
  }
}

inTmux("a run is shown to its end, stays there, and leaves its last frame and its result", async () => {
  await watching("scenarios/hello.yaml --speed 10", wholeSize, async (terminal) => {
    await terminal.shows(/hello {2}seed 1 [\s\S]*n0 +n1 +n2[\s\S]*q quit/);
    assert.ok(terminal.isTaken);
    await terminal.shows(
      /✔ passed, converged at 3\.0 s[\s\S]*✔ converged at 3\.0 s, \d+ ms after the last write/,
    );
    assert.ok(terminal.isTaken);
    terminal.press("q");
    const end = await terminal.shows(/exit code 0/);
    assert.not.ok(terminal.isTaken);
    assert.match(end, /✔ passed, converged at 3\.0 s/);
    assert.match(end, /all 3 nodes have root [0-9a-f]{8}/);
    assert.match(end, /trace [0-9a-f]{64}/);
    assert.not.match(end, "quit");
  });
});

inTmux(
  "keys pause, go anywhere in time and change the speed, and quitting gives back the screen",
  async () => {
    await watching("scenarios/hello.yaml --speed 0.5", wholeSize, async (terminal) => {
      await terminal.shows(/limit 0\.5×/);
      terminal.press("+");
      await terminal.shows(/limit 1×/);
      terminal.press("Space");
      await terminal.shows(/‖ paused/);
      terminal.press("g", "7", "s", "Enter");
      await terminal.shows(/ 7\.0 s ━/);
      terminal.press("<", "<");
      await terminal.shows(/ 5\.0 s ━/);
      terminal.press("g", "s", "o", "o", "n", "Enter");
      await terminal.shows(/soon▏ +expected a time as 12\.5s, or an event as #4096/);
      terminal.press("C-c");
      assert.match(await terminal.shows(/exit code/), /^before\nexit code 130\n/);
    });
  },
);

inTmux(
  "panes show a node, links, events and what could be different, and the keys for all of it",
  async () => {
    await watching("scenarios/one-way-cut.yaml --speed 1", wholeSize, async (terminal) => {
      await terminal.shows(/q quit/);
      terminal.press("g", "2", "0", "s", "Enter");
      await terminal.shows(/20\.0 s ━/);
      terminal.press("Right", "Enter");
      await terminal.shows(/n0 · up[\s\S]*one way +what it says does not reach n3/);
      terminal.press("3");
      await terminal.shows(
        /oneway +n0\.\.n2 cannot reach n3\.\.n9[\s\S]*n0 – n3 +cut one way, nothing gets from n0 to n3/,
      );
      terminal.press("4", "/");
      terminal.press("s", "e", "t", " ", "Enter");
      await terminal.shows(/only "set "[\s\S]*calls +set \{"key"/);
      terminal.press("5", "j", "j", "Enter");
      await terminal.shows(/what if: whatever is wrong now were healed[\s\S]*it ends/);
      terminal.press("?");
      await terminal.shows(/Look at[\s\S]*tab +next pane/);
      terminal.press("q", "q");
      await terminal.shows(/exit code 0/);
    });
  },
);

inTmux("a resized terminal is filled anew, down to a small one", async () => {
  await watching("scenarios/partition-heals.yaml --speed 1", wholeSize, async (terminal) => {
    await terminal.shows(/████ [\s\S]*q quit/);
    terminal.resize(60, 15);
    const small = await terminal.shows(/^ partition-heals[\s\S]*■ ■ ■[\s\S]*q quit/);
    assert.is(small.match(/partition-heals/g)?.length, 1);
    assert.is(small.match(/q quit/g)?.length, 1);
    terminal.press("Space");
    await terminal.shows(/‖/);
    terminal.resize(90, 40);
    const large = await terminal.shows(/^ partition-heals[\s\S]*█[█↕]██ █[█↕]██[\s\S]*q quit/);
    assert.is(large.match(/partition-heals/g)?.length, 1);
    terminal.press("C-c");
    assert.match(await terminal.shows(/exit code/), "exit code 130");
    assert.not.ok(terminal.isTaken);
  });
});

inTmux("with NO_COLOR no colour reaches the terminal", async () => {
  const colourless = { ...wholeSize, environment: { NO_COLOR: "1" } };
  await watching("scenarios/partition-heals.yaml --speed 1", colourless, async (terminal) => {
    const screen = await terminal.shows(/q quit/);
    assert.match(screen, /A A A A A/);
    terminal.press("q");
    await terminal.shows(/exit code 0/);
  });
});

inTerminal.run();
