/** The pages say what the code does, as far as a test can tell. */

import { readdirSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { counterApp } from "../../core/app/built-in/counter.ts";
import { configKeys, tunables } from "../../core/config.ts";
import { toHex } from "../../core/ids.ts";
import {
  actionsMax,
  blobBytesMax,
  chunkBytes,
  deltaBytesMax,
  frameBytesMax,
  frameItemsMax,
  sortedKeyCharactersMax,
  valueBytesMax,
} from "../../core/limits.ts";
import { shoppingList } from "../../scenarios/applications/shopping-list.ts";
import { profileNames } from "../../sim/fuzz/profiles.ts";
import { simulate } from "../../sim/host/simulate.ts";
import { exitCodes } from "../../sim/result.ts";
import { callsTo, LoneNode } from "../core/lone-node.ts";
import { scenarioFiles } from "../scenarios/scenario-files.ts";
import { parcels } from "./parcels.ts";
import "./random-scenarios.ts";
import { reader } from "./reader.ts";
import { wireVectors } from "./wire-vectors.ts";

const page = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

test("every tunable stands in the scenario page with its default", () => {
  const text = page("docs/scenarios.md");
  for (const key of configKeys) {
    assert.ok(text.includes(`| \`${key}\` | ${tunables[key].default} |`), `docs/scenarios.md lacks ${key}`);
  }
});

test("every scenario file is named in the README, and every one named is there", () => {
  const named = Array.from(
    page("README.md").matchAll(/^\| `([\w-]+\.(?:yaml|ts))` \|/gm),
    ([, name]) => name,
  );
  const there = scenarioFiles();
  assert.equal(named.sort(), there.sort());
});

test("every exit code of a run is explained in the README", () => {
  const text = page("README.md");
  for (const [outcome, code] of Object.entries(exitCodes)) {
    assert.ok(text.includes(`${code} ${outcome}`), `README.md does not explain exit code ${code}`);
  }
});

test("links between pages lead to files that are there", () => {
  for (const name of [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/blobs.md",
    "docs/scenarios.md",
    "docs/applications.md",
    "docs/fuzzing.md",
    "docs/operate.md",
  ]) {
    for (const [, target = ""] of page(name).matchAll(/\]\(([^)#:]+)\)/g)) {
      const url = new URL(target, new URL(`../../${name}`, import.meta.url));
      assert.not.throws(() => readdirOrRead(url), `${name} links to ${target}, which is not there`);
    }
  }
});

test("the applications that a page shows are those that are tested", () => {
  const shown = Array.from(
    page("docs/applications.md").matchAll(/```ts\n([\s\S]*?)```/g),
    ([, code]) => code,
  );
  assert.is(shown[0], page("scenarios/applications/shopping-list.ts"));
  assert.is(shown[1], page("test/docs/reader.ts"));
  assert.is(shown[2], page("test/docs/parcels.ts"));
});

test("the property test that a page shows is the one that ran when this file was loaded", () => {
  const [shown] = Array.from(page("docs/fuzzing.md").matchAll(/```ts\n([\s\S]*?)```/g), ([, code]) => code);
  assert.is(shown, page("test/docs/random-scenarios.ts"));
});

test("every profile of fuzz is named in its page", () => {
  for (const name of profileNames) assert.ok(page("docs/fuzzing.md").includes(`\`${name}\``), name);
});

test("the application that a page shows does what the page says", () => {
  const call = callsTo(shoppingList);
  call("want", { item: "milk", count: 2 });
  call("want", { item: "bread" });
  call("choose", { shop: "corner" });
  assert.is(call("want", { item: "tea", count: 0 }), "call-failed: want at least one");
  assert.equal(call("list"), { bread: 1, milk: 2 });
  call("bought", { item: "milk" });
  assert.equal(call("list"), { bread: 1 });
  assert.is(call("shop"), "corner");
});

test("the wire is what its test vectors say", () => {
  assert.equal(wireVectors(), JSON.parse(page("docs/wire-vectors.json")));
});

test("the bounds that the wire's page names are those of the code", () => {
  const text = page("docs/wire.md").replaceAll(",", "");
  for (const bound of [
    deltaBytesMax,
    valueBytesMax,
    frameBytesMax,
    frameItemsMax,
    actionsMax,
    sortedKeyCharactersMax,
    blobBytesMax,
    chunkBytes,
  ])
    assert.ok(text.includes(String(bound)), `docs/wire.md lacks ${bound}`);
});

test("what a page shows as private is", () => {
  const call = callsTo(reader);
  call("publish", { title: "b", text: "beta" });
  call("publish", { title: "a", text: "alpha" });
  call("markRead", { title: "b" });
  call("markRead", { title: "c" });
  assert.equal(call("unread"), ["a"]);
});

test("the simulation that a page shows passes", () => {
  const { outcome, violations } = simulate(
    {
      name: "two halves go shopping",
      nodes: 6,
      contexts: [{ id: "home", app: "shopping-list" }],
      workload: [
        { from: "1s", until: "11s", rate: "4/s", nodes: "all", method: "want", args: { item: "milk" } },
      ],
      faults: [{ at: "2s", until: "20s", kind: "partition", split: 0.5 }],
      expect: [{ converged: { within: "10s" } }, { value: { key: "milk", equals: 40 } }],
      until: "60s",
    },
    { seed: 7, applications: [shoppingList] },
  );
  assert.is(outcome, "passed", JSON.stringify(violations));
});

test("the handlers and queued calls that a page shows do what it says", () => {
  const { outcome, violations, contexts } = simulate(
    {
      name: "parcels",
      nodes: 4,
      contexts: [{ id: "post", app: "parcels" }],
      workload: [
        {
          from: "1s",
          until: "6s",
          rate: "2/s",
          nodes: "all",
          method: "send",
          args: { parcel: "{seq}", to: "a" },
        },
      ],
      faults: [{ at: "2s", until: "5s", kind: "crash", nodes: "n1", disk: "lose-unsynced" }],
      expect: [{ converged: { within: "10s" } }, { value: { key: "9", equals: 3 } }],
      until: "30s",
    },
    { seed: 7, applications: [parcels] },
  );
  assert.is(outcome, "passed", JSON.stringify(violations));
  assert.equal([contexts.post?.owed, contexts.post?.parked], [0, 0]);
  const node = new LoneNode("ann", { applications: [parcels, counterApp] });
  const [post, ledger] = [node.create("parcels"), node.create("counter")];
  node.execute(post, "send", { parcel: "p", to: "bob" });
  node.execute(post, "bill", { parcel: "p", ledger: toHex(ledger) });
  node.pass(0);
  assert.equal(node.execute(ledger, "values"), { kind: "executed", output: { bob: 1 }, written: null });
});

function readdirOrRead(url: URL): void {
  try {
    readFileSync(url);
  } catch {
    readdirSync(url);
  }
}

test.run();
