// Small sources that show each rule of the tidy test at work: what it refuses, and what looks alike and is fine.

import { type Ban, bans } from "./rules.ts";

export interface Example {
  /** The rule that refuses it. */
  readonly rule: string;
  readonly path: string;
  readonly source: string;
}

const syntaxExamples: ReadonlyMap<string, string> = new Map([
  ["**", "export const size = 2 ** 10;"],
  ["async", "export const read = async () => 1;"],
  ["await", "await ready;"],
  ["for…in", "for (const key in record) use(key);"],
  ["module-level let", "let count = 0;"],
  ["module-level var", "export var count = 0;"],
]);

/** One example for every name in the table of bans, in every place where it is banned. */
export const bannedExamples: readonly Example[] = bans.flatMap((ban) =>
  ban.names.flatMap((name) =>
    ban.places.map((place) => ({
      rule: `${ban.kind} ${name.replace(/(?<=\w)\*$/, "Upper")}`,
      path: place.endsWith("/") ? `${place}example.ts` : place,
      source: sourceUsing(ban.kind, name),
    })),
  ),
);

function sourceUsing(kind: Ban["kind"], name: string): string {
  switch (kind) {
    case "global":
      return `export const used = ${name};`;
    case "member":
      return `export const used = text.${name.replace("*", "Upper")}("a");`;
    case "math":
      return name === "Math" ? "export const { floor } = Math;" : `export const used = Math.${name}(1);`;
    case "syntax":
      return syntaxExamples.get(name) ?? "";
  }
}

/** Other ways to write what is banned. */
export const disguisedExamples: readonly Example[] = [
  { rule: "global Date", path: "core/dag/dag.ts", source: "const now = new Date().getTime();" },
  { rule: "global Date", path: "core/ids.ts", source: "export function at(date: Date): void {}" },
  { rule: "global Promise", path: "core/ports.ts", source: "interface Disk { read(): Promise<string> }" },
  { rule: "global Intl", path: "core/ids.ts", source: "type Format = Intl.NumberFormat;" },
  { rule: "global crypto", path: "core/ids.ts", source: "const f = (crypto: Crypto) => crypto; crypto.x();" },
  { rule: "math random", path: "sim/world.ts", source: 'const chance = Math["random"]();' },
  { rule: "math Math", path: "sim/world.ts", source: "const chance = Math[name]();" },
  { rule: "math Math", path: "sim/world.ts", source: "draw(Math);" },
  { rule: "member localeCompare", path: "core/ids.ts", source: "names.sort((a, b) => a?.localeCompare(b));" },
  { rule: "syntax **", path: "core/ids.ts", source: "function grow(size: number) { size **= 2; }" },
  { rule: "syntax async", path: "core/ids.ts", source: "class Reader { async read() {} }" },
  {
    rule: "syntax await",
    path: "core/ids.ts",
    source: "function* f() {} for await (const x of f()) use(x);",
  },
];

export const importExamples: readonly Example[] = [
  { rule: "import", path: "core/dag/dag.ts", source: 'import { x } from "../../sim/world.ts";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'import { readFile } from "node:fs";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'import { readFile } from "fs/promises";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'import { sha256 } from "@noble/hashes/sha2.js";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'import type { World } from "../../sim/world.ts";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'export * from "level";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'export { Level } from "level";' },
  { rule: "import", path: "core/dag/dag.ts", source: 'type Database = import("level").Level;' },
  { rule: "import", path: "core/dag/dag.ts", source: 'import("level");' },
  { rule: "import", path: "core/dag/dag.ts", source: "import(name);" },
  { rule: "import", path: "core/dag/dag.ts", source: 'import { x } from "../../../elsewhere.ts";' },
  { rule: "import", path: "sim/world.ts", source: 'import { parse } from "yaml";' },
  { rule: "import", path: "sim/world.ts", source: 'import { load } from "./host/load.ts";' },
  { rule: "import", path: "sim/world.ts", source: 'import { Node } from "../node/node.ts";' },
  { rule: "import", path: "sim/index.ts", source: 'import { parse } from "yaml";' },
  {
    rule: "import",
    path: "sim/host/load.ts",
    source: 'import { Store } from "../../adapters/level/store.ts";',
  },
  { rule: "import", path: "adapters/level/store.ts", source: 'import { x } from "../libp2p/gossip.ts";' },
  {
    rule: "import",
    path: "adapters/level/store.ts",
    source: 'import type { World } from "../../sim/world.ts";',
  },
  { rule: "import", path: "adapters/tui/app.tsx", source: 'import { simulate } from "reconverge/sim";' },
  {
    rule: "import",
    path: "adapters/tui/app.tsx",
    source: 'import { type World } from "../../sim/world.ts";',
  },
  { rule: "import", path: "node/driver.ts", source: 'import { World } from "../sim/world.ts";' },
  { rule: "import", path: "scenarios/one.ts", source: 'import { x } from "../core/ids.ts";' },
  { rule: "import", path: "scenarios/one.ts", source: 'import { load } from "../sim/host/load.ts";' },
  { rule: "place", path: "utilities/text.ts", source: "" },
  { rule: "place", path: "adapters/loose.ts", source: "" },
  { rule: "place", path: "tool.ts", source: "" },
];

export const shapeExamples: readonly Example[] = [
  { rule: "length", path: "core/ids.ts", source: "\n".repeat(401) },
  { rule: "default export", path: "core/ids.ts", source: "export default 1;" },
  { rule: "default export", path: "cli.ts", source: "const a = 1; export { a as default };" },
  { rule: "unfinished", path: "node/driver.ts", source: `// ${"TO"}${"DO"}: later` },
  { rule: "unfinished", path: "test/run.ts", source: `/* ${"FIX"}${"ME"} */` },
];

/** Sources in which every rule must stay silent. `rule` says which one is tempted. */
export const innocentExamples: readonly Example[] = [
  { rule: "length", path: "core/ids.ts", source: "\n".repeat(400) },
  { rule: "global", path: "core/ids.ts", source: "export const sign = (crypto: Crypto) => crypto.sign();" },
  {
    rule: "global",
    path: "core/ids.ts",
    source: "interface Port { crypto: Crypto; run(process: number): void }",
  },
  {
    rule: "global",
    path: "core/ids.ts",
    source: "message.process({ Date: 1, performance: entry.Promise });",
  },
  { rule: "global", path: "core/ids.ts", source: 'const text = "new Date()"; // Date.now() would differ' },
  { rule: "global", path: "sim/host/clock.ts", source: "console.log(Date.now(), process.memoryUsage());" },
  {
    rule: "math",
    path: "core/ids.ts",
    source: "const half = Math.floor(x / 2) + Math.max(1, Math.imul(2, 3));",
  },
  { rule: "syntax", path: "core/ids.ts", source: "const one = 1; { let two = 2; two += one; }" },
  { rule: "syntax", path: "core/ids.ts", source: "for (const key of Object.keys(record)) use(key);" },
  { rule: "syntax", path: "node/driver.ts", source: "export async function run() { await commit(); }" },
  {
    rule: "import",
    path: "core/wire/cbor.ts",
    source: 'import { encode } from "cborg"; import "../ids.ts";',
  },
  {
    rule: "import",
    path: "sim/world.ts",
    source: 'import seedrandom from "seedrandom"; import "../core/ids.ts";',
  },
  {
    rule: "import",
    path: "sim/index.ts",
    source: 'export { load } from "./host/load.ts"; export * from "./world.ts";',
  },
  { rule: "import", path: "sim/host/load.ts", source: 'import "node:fs"; import "yaml"; import(name);' },
  {
    rule: "import",
    path: "sim/host/load.ts",
    source: 'import "../../adapters/crypto/fast.ts"; import "../world.ts";',
  },
  {
    rule: "import",
    path: "adapters/tui/app.tsx",
    source: 'import type { World } from "../../sim/world.ts";',
  },
  {
    rule: "import",
    path: "adapters/tui/app.tsx",
    source: 'import "ink"; export const Cell = () => <Text>1</Text>;',
  },
  {
    rule: "import",
    path: "node/driver.ts",
    source: 'import "../adapters/level/store.ts"; import "../core/node.ts";',
  },
  { rule: "import", path: "scenarios/one.ts", source: 'import { defineScenario } from "reconverge/sim";' },
  {
    rule: "import",
    path: "cli.ts",
    source: 'import "./node/driver.ts"; import "./sim/host/load.ts"; import(name);',
  },
  { rule: "default export", path: "scenarios/one.ts", source: "export default {};" },
  { rule: "unfinished", path: "core/ids.ts", source: `const text = "${"TO"}${"DO"}"; // nothing left to do` },
];
