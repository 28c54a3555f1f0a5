// What a shell offers while a command is typed.

import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { reconverge } from "./node-process.ts";

test("bash completes commands and options from the script", async () => {
  const { stdout, exitCode } = await reconverge("completion", "bash");
  assert.is(exitCode, 0);
  const offered = (...words: readonly string[]) => {
    const typed = ["reconverge", ...words].map((word) => JSON.stringify(word)).join(" ");
    const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _reconverge; echo "\${COMPREPLY[@]}"`;
    return spawnSync("bash", ["-c", `${stdout}\n${ask}`], { encoding: "utf8" })
      .stdout.trim()
      .split(" ");
  };
  assert.equal(offered("stat"), ["status"]);
  assert.equal([...offered("node", "re")].sort(), ["repair", "replay"]);
  assert.ok(offered("node", "run", "--acc").includes("--accept-loss"));
  assert.ok(offered("--version", "context", "").includes("join"));
});

test("another shell gets its own script, and an unknown one is refused", async () => {
  const [zsh, fish, other] = await Promise.all([
    reconverge("completion", "zsh"),
    reconverge("completion", "fish"),
    reconverge("completion", "csh"),
  ]);
  assert.match(zsh.stdout, "bashcompinit");
  assert.match(fish.stdout, "complete -c reconverge");
  assert.is(other.exitCode, 1);
  assert.match(other.stderr, "expected bash, zsh, fish");
});

test.run();
