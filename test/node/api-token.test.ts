// A node whose API other machines may ask, and the commands that ask it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { apiTokenVariable } from "../../node/secrets.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";
import { NodeProcess, reconverge } from "./node-process.ts";

const token = "t0ken-".repeat(8);

async function withVariable<T>(value: string, work: () => Promise<T>): Promise<T> {
  process.env[apiTokenVariable] = value;
  try {
    return await work();
  } finally {
    delete process.env[apiTokenVariable];
  }
}

test("a node whose API is to be reached from elsewhere does not start without a token", async () => {
  const home = temporaryFolder();
  await NodeProcess.make(home, "open", { "server.host": "0.0.0.0" });
  const { exitCode, stderr } = await reconverge("node", "run", "--home", home, "--name", "open");
  assert.is(exitCode, 1);
  assert.match(
    stderr,
    /^error: server.host is 0.0.0.0, so that other machines can ask, and no token is set: [^\n]+\n$/,
  );
});

test("a token that is none is refused, and not shown", async () => {
  const home = temporaryFolder();
  const tokenFile = join(home, "token");
  writeFileSync(tokenFile, "hunter2");
  await NodeProcess.make(home, "open", { "server.tokenFile": tokenFile });
  const { exitCode, stderr } = await reconverge("node", "run", "--home", home, "--name", "open");
  assert.is(exitCode, 1);
  assert.match(stderr, `what is in ${tokenFile} is no token for the API: expected 32 to 1024 characters`);
  assert.not.match(stderr, "hunter2");
});

test("commands bear the token of a node they find by name, and for a URL the one of the environment", async () => {
  const home = temporaryFolder();
  const tokenFile = join(home, "token");
  writeFileSync(tokenFile, `${token}\n`);
  const node = await NodeProcess.make(home, "open", {
    "server.host": "0.0.0.0",
    "server.tokenFile": tokenFile,
  });
  const { apiUrl } = await node.start();
  const { port } = new URL(apiUrl);
  const status = (...place: readonly string[]) => reconverge("status", "--json", ...place);
  try {
    const named = await status("--home", home, "--node", "open");
    assert.is(JSON.parse(named.stdout).state, "running", named.stderr);
    const ofAnother = await withVariable("x".repeat(32), () => status("--home", home, "--node", "open"));
    assert.is(JSON.parse(ofAnother.stdout).state, "running", ofAnother.stderr);
    const url = `http://127.0.0.1:${port}`;
    const without = await status("--api", url);
    assert.is(without.exitCode, 1);
    assert.match(without.stderr, `expected its token in ${apiTokenVariable}, and there is none`);
    const another = await withVariable("x".repeat(32), () => status("--api", url));
    assert.match(another.stderr, "and the one found is another");
    const borne = await withVariable(token, () => status("--api", url));
    assert.is(JSON.parse(borne.stdout).state, "running", borne.stderr);
  } finally {
    await node.kill();
  }
});

test.run();
