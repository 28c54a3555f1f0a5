// The configuration file: what is wrong in it is named with key, value, expectation and file.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { configKeys, createConfig } from "../../core/config.ts";
import { changeConfig, readAssignment, readConfig, writeConfig } from "../../node/config-file.ts";
import { Failure } from "../../node/failure.ts";
import { createNodeConfig, type NodeConfig, type SettingValue, settings } from "../../node/settings.ts";
import { temporaryFolder } from "../adapters/level/temporary-folder.ts";

function fileOf(content: string): string {
  const path = join(temporaryFolder(), "config.toml");
  writeFileSync(path, content);
  return path;
}

async function readRefused(content: string): Promise<{ readonly message: string; readonly path: string }> {
  const path = fileOf(content);
  const failure = await readConfig(path).then(
    () => null,
    (error) => error,
  );
  assert.instance(failure, Failure);
  assert.is(failure.exitCode, 1);
  assert.ok(failure.message.includes(path), failure.message);
  assert.not.match(failure.message, "\n");
  return { message: failure.message, path };
}

test("an empty file gives the defaults, and so does a generated one", async () => {
  const defaults = createNodeConfig(new Map());
  assert.equal(await readConfig(fileOf("")), defaults);
  assert.equal(await readConfig(fileOf(writeConfig(new Map()))), defaults);
  assert.equal(defaults.core, createConfig());
});

test("a generated file shows every setting with its reason and default", () => {
  const text = writeConfig(new Map([["swarm.port", 7]]));
  for (const [key, { why }] of settings) {
    assert.ok(text.includes(`# ${why}\n`), key);
    assert.match(text, new RegExp(`\\n(# )?${key.split(".").at(-1)} = `));
  }
  assert.match(text, "\nport = 7\n");
});

test("what is set is read back", async () => {
  const values = new Map<string, SettingValue>([
    ["name", "alice"],
    ["swarm.hosts", ["127.0.0.1", "::1"]],
    ["swarm.port", 0],
    ["swarm.bootNodes", ["/ip4/127.0.0.1/tcp/1/p2p/12D3KooWGuCMweRUvzrcDymUTszCjoFjevGLCuCxiDxYBicXjrum"]],
    ["swarm.mdns", true],
    ["server.port", 9],
    ["log.level", "debug"],
    ["core.heartbeatMs", 100],
  ]);
  const config: NodeConfig = await readConfig(fileOf(writeConfig(values)));
  assert.is(config.name, "alice");
  assert.equal(config.swarm, {
    hosts: values.get("swarm.hosts"),
    port: 0,
    bootNodes: values.get("swarm.bootNodes"),
    mdns: true,
    peerExchange: true,
  });
  assert.equal(config.server, { host: "127.0.0.1", port: 9, tokenFile: "" });
  assert.equal(config.core, createConfig({ heartbeatMs: 100 }));
});

test("an unknown key is named with the nearest one", async () => {
  const misspelt = await readRefused("[swarm]\nprot = 1");
  assert.is(misspelt.message, `unknown key "swarm.prot" in ${misspelt.path}; did you mean "swarm.port"?`);
  assert.match((await readRefused("[core]\nheartbeat = 1")).message, 'did you mean "core.heartbeatMs"?');
  assert.match((await readRefused("[swarn]\nport = 1")).message, 'did you mean "swarm.port"?');
  assert.match((await readRefused("nonsense = 1")).message, 'unknown key "nonsense"');
  assert.match((await readRefused("[swarm.port]\nx = 1")).message, "swarm.port");
});

test("where no name is near, an unknown key is told with those there are", async () => {
  const { message, path } = await readRefused("[core]\nbar = 1");
  assert.is(message, `unknown key "core.bar" in ${path}: [core] has ${configKeys.join(", ")}`);
  assert.match((await readRefused("[swarm]\nxyzzy = 1")).message, "[swarm] has hosts, port, bootNodes, mdns");
  for (const content of ["xyzzyx = 1", "[xyzzy]\nfoo = 1"])
    assert.match(
      (await readRefused(content)).message,
      "settings are name, profile, applications, [swarm], [server], [store], [log], [core]",
    );
});

test("a bad value is named with what was expected", async () => {
  const bad = await readRefused("[swarm]\nport = 99999");
  assert.is(bad.message, `swarm.port is 99999 in ${bad.path}: expected a whole number from 0 to 65535`);
  const cases = [
    ['[swarm]\nport = "2428"', "swarm.port", "whole number"],
    ["[swarm]\nport = 1.5", "swarm.port", "whole number"],
    ['[swarm]\nhosts = ["localhost"]', "swarm.hosts", "IP addresses"],
    ['[swarm]\nbootNodes = ["/ip4/1.2.3.4/tcp/1"]', "swarm.bootNodes", "/p2p/"],
    ['[swarm]\nmdns = "yes"', "swarm.mdns", "true or false"],
    ['[server]\nhost = "here.example"', "server.host", "an IP address"],
    ['[server]\ntokenFile = "token"', "server.tokenFile", "an absolute path"],
    ['[log]\nlevel = "loud"', "log.level", "one of silent"],
    ['name = "a b"', "name", "letters"],
    ["[core]\nheartbeatMs = 0", "core.heartbeatMs", "a whole number from 10"],
    ["name = 2026-01-01", "name", "letters"],
  ] as const;
  for (const [content, key, expectation] of cases) {
    const { message } = await readRefused(content);
    assert.ok(message.startsWith(`${key} is `) && message.includes(expectation), message);
  }
});

test("every tunable of the core can be set, within its bounds only", async () => {
  for (const key of configKeys)
    assert.match((await readRefused(`[core]\n${key} = -1`)).message, `core.${key} is -1`);
});

test("what is not TOML is named with line and column", async () => {
  const { message, path } = await readRefused('[swarm]\nport = 1\nhosts = ["a"');
  assert.ok(message.startsWith(`${path}, line 3, column `), message);
  assert.match((await readRefused("a = 1\na = 2")).message, "line 2");
});

test("a missing file says how to make a node", async () => {
  const path = join(temporaryFolder(), "config.toml");
  const failure = await readConfig(path).then(
    () => null,
    (error) => error,
  );
  assert.match(failure.message, "reconverge node init");
});

test("a change keeps comments and everything else", async () => {
  const path = fileOf(`# mine\n${writeConfig(new Map([["swarm.port", 7]]))}`);
  const before = readFileSync(path, "utf8");
  const after = await changeConfig(path, [
    "swarm.port=8",
    "core.heartbeatMs=99",
    "swarm.mdns=true",
    "name=bob",
  ]);
  writeFileSync(path, after);
  const config = await readConfig(path);
  assert.equal(
    [config.swarm.port, config.core.heartbeatMs, config.swarm.mdns, config.name],
    [8, 99, true, "bob"],
  );
  const comments = (text: string) =>
    text.split("\n").filter((line) => /^# [a-z]/.test(line) && !line.includes(" = "));
  assert.equal(comments(after), comments(before));
  assert.ok(after.startsWith("# mine\n"));
});

test("a change adds a section that is not there, and a list is written with commas", async () => {
  const after = await changeConfig(fileOf('name = "a"\n'), ["swarm.hosts=127.0.0.1,::1", "server.port=0"]);
  const config = await readConfig(fileOf(after));
  assert.equal(config.swarm.hosts, ["127.0.0.1", "::1"]);
  assert.is(config.server.port, 0);
});

test("a list is taken as the file has it, too", async () => {
  const after = await changeConfig(fileOf('name = "a"\n'), ['swarm.hosts=["127.0.0.1", "::1"]']);
  assert.equal((await readConfig(fileOf(after))).swarm.hosts, ["127.0.0.1", "::1"]);
  const refused = await changeConfig(fileOf('name = "a"\n'), ['swarm.hosts=["127.0.0.1']).catch(
    (error: Error) => error.message,
  );
  assert.match(refused, "expected a list of IP addresses");
});

test("a list that has more behind it is refused, and nothing of it dropped", async () => {
  for (const more of ["\nx = 1", "\n[server]\nport = 7"]) {
    const refused = await changeConfig(fileOf('name = "a"\n'), [`swarm.bootNodes=[]${more}`]).catch(
      (error: Error) => error.message,
    );
    assert.match(refused, /^swarm\.bootNodes is ".*" in the command line: expected a list/);
  }
});

test("a change that is wrong, or cannot be made in place, is refused", async () => {
  const path = fileOf('[swarm]\nhosts = [\n  "127.0.0.1"\n]\n');
  const refusal = (assigned: string) =>
    changeConfig(path, [assigned]).then(
      () => "nothing was refused",
      (error) => error.message,
    );
  assert.match(
    await refusal("swarm.port=x"),
    'swarm.port is "x" in the command line: expected a whole number',
  );
  assert.match(await refusal("swarm.prot=1"), 'did you mean "swarm.port"?');
  assert.match(await refusal("swarm.port"), "expected KEY=VALUE");
  assert.match(await refusal("swarm.hosts=::1"), "edit the file");
  assert.equal(readAssignment("name=a=b".replace("a=b", "ab")), ["name", "ab"]);
});

test.run();
