// Each damage to a real store: a start goes on, or refuses and says what to do; and what a repair makes of it.

import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { trailerBytes } from "../../../adapters/level/raw/block.ts";
import { readTable } from "../../../adapters/level/raw/table-file.ts";
import { StoreError } from "../../../adapters/level/store.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { temporaryFolder } from "../../adapters/level/temporary-folder.ts";
import { bringAll, deltasIn, entriesFound, nodeOver, storeHistory } from "./stored-history.ts";

const original = join(temporaryFolder(), "store");
const history = await storeHistory(original);

const level = (store: string, name: RegExp) => {
  const found = readdirSync(join(store, "level"))
    .filter((file) => name.test(file))
    .sort();
  const [first] = found;
  if (first === undefined) throw new Error(`no ${name} among ${readdirSync(join(store, "level"))}`);
  return join(store, "level", first);
};
const manifest = /^MANIFEST-/;
const table = /\.ldb$/;
const log = /\.log$/;

function spoil(path: string, bytes: number, placeIn: (content: Buffer) => number): void {
  const content = readFileSync(path);
  const at = placeIn(content);
  content.fill(0xa5, at, at + bytes);
  writeFileSync(path, content);
}

function spoilMiddle(path: string, bytes: number): void {
  spoil(path, bytes, ({ length }) => Math.floor(length / 2));
}

/** Where the data of a table ends, and its filter begins. */
function dataEndIn(content: Buffer): number {
  return Math.max(...readTable(content).blocks.map(({ offset, bytes }) => offset + bytes + trailerBytes));
}

function filesIn(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const digestOf = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, name)))
      .digest("hex");
  return Object.fromEntries(names.map(({ name }) => [name, digestOf(name)]));
}

interface Damage {
  readonly name: string;
  readonly spoil: (store: string) => void;
  /** What a node finds at a start: all, or nothing as it refuses, saying this. */
  readonly start: "everything" | RegExp;
  /** Or all, as a start does not read what is damaged. */
  readonly mayStart?: true;
  /** What `node repair` says: that all is there, or why it does not go on. */
  readonly repair: "whole" | RegExp;
  /** What it comes to with `--accept-loss`; then a node starts again. */
  readonly accepted: "whole" | "salvaged";
  /** Nothing may be lost then. */
  readonly losesNothing?: true;
  /** No more deltas may be lost then. */
  readonly deltasLostMax?: number;
}

const acceptable = /--accept-loss/;
const repairable = /reconverge node repair/;
const secret = new Uint8Array(32).fill(9);
const unreadable = /is not what was written|cannot read|cannot open/;

const damages: readonly Damage[] = [
  { name: "nothing", spoil: () => {}, start: "everything", repair: "whole", accepted: "whole" },
  {
    name: "no LOCK, no LOG and a file of someone else's",
    spoil: (store) => {
      for (const name of ["LOCK", "LOG"]) rmSync(join(store, "level", name), { force: true });
      writeFileSync(join(store, "level", "notes.txt"), "dear");
    },
    ...{ start: "everything", repair: "whole", accepted: "whole" },
  },
  ...(
    [
      ["CURRENT is gone", (store) => rmSync(join(store, "level", "CURRENT"))],
      ["CURRENT is empty", (store) => truncateSync(join(store, "level", "CURRENT"), 0)],
      [
        "CURRENT names nothing",
        (store) => writeFileSync(join(store, "level", "CURRENT"), "MANIFEST-000999\n"),
      ],
      ["the MANIFEST is gone", (store) => rmSync(level(store, manifest))],
      ["the MANIFEST is empty", (store) => truncateSync(level(store, manifest), 0)],
      ["the MANIFEST is damaged", (store) => spoilMiddle(level(store, manifest), 8)],
    ] satisfies readonly (readonly [string, Damage["spoil"]])[]
  ).map(
    ([name, spoil]): Damage => ({
      ...{ name, spoil, start: repairable, repair: "whole", accepted: "whole", losesNothing: true },
    }),
  ),
  {
    name: "the log's end is torn off",
    spoil: (store) => {
      const path = level(store, log);
      truncateSync(path, Math.floor(statSync(path).size / 2));
    },
    ...{ start: acceptable, repair: acceptable, accepted: "whole" },
  },
  {
    name: "the log is gone",
    spoil: (store) => rmSync(level(store, log)),
    ...{ start: acceptable, repair: acceptable, accepted: "whole" },
  },
  {
    name: "the log is damaged in its middle",
    spoil: (store) => spoilMiddle(level(store, log), 64),
    // All that is behind the hole comes over: a flush has a delta of each context.
    ...{ start: /node repair --accept-loss/, repair: acceptable, accepted: "salvaged", deltasLostMax: 2 },
  },
  {
    name: "the tip file is gone",
    spoil: (store) => rmSync(join(store, "tip")),
    ...{ start: acceptable, repair: acceptable, accepted: "whole", losesNothing: true },
  },
  {
    name: "a table is damaged",
    spoil: (store) => spoilMiddle(level(store, table), 64),
    ...{ start: unreadable, repair: acceptable, accepted: "salvaged", deltasLostMax: 2 },
  },
  ...[0.02, 0.2, 0.45, 0.7, 0.95].map(
    (share): Damage => ({
      name: `a table is damaged at ${share} of its bytes`,
      spoil: (store) => spoil(level(store, table), 100, (content) => Math.floor(share * dataEndIn(content))),
      ...{
        start: unreadable,
        repair: /its table .*\.ldb is damaged: \d of its \d+ blocks/,
        accepted: "salvaged",
      },
      ...{ mayStart: true, deltasLostMax: 2 },
    }),
  ),
  ...(
    [
      ["filter", dataEndIn, /what stands behind its blocks/],
      ["index", ({ length }) => length - 110, /its index/],
      ["footer", ({ length }) => length - 48, /its footer|its index/],
      ["end", ({ length }) => length - 8, /its footer/],
    ] satisfies readonly (readonly [string, (content: Buffer) => number, RegExp])[]
  ).map(
    ([part, placeIn, repair]): Damage => ({
      name: `the ${part} of a table is damaged, and no data`,
      spoil: (store) => spoil(level(store, table), 8, placeIn),
      ...{
        start: unreadable,
        repair,
        accepted: "salvaged",
        mayStart: true,
        losesNothing: true,
        deltasLostMax: 0,
      },
    }),
  ),
  {
    name: "the MANIFEST is gone, and a table is damaged",
    spoil: (store) => {
      rmSync(level(store, manifest));
      spoilMiddle(level(store, table), 100);
    },
    ...{ start: repairable, repair: /its table .*\.ldb is damaged/, accepted: "salvaged", deltasLostMax: 2 },
  },
  {
    name: "the MANIFEST is gone, and the log ends in something else than was written",
    spoil: (store) => {
      rmSync(level(store, manifest));
      appendFileSync(level(store, log), Buffer.alloc(600, 1));
    },
    ...{ start: repairable, repair: /its log .*\.log is damaged at byte/, accepted: "salvaged" },
    ...{ losesNothing: true, deltasLostMax: 0 },
  },
  {
    name: "a table is cut in half",
    spoil: (store) => truncateSync(level(store, table), Math.floor(statSync(level(store, table)).size / 2)),
    ...{ start: repairable, repair: acceptable, accepted: "salvaged" },
  },
  {
    name: "a folder lies in the place of a table",
    spoil: (store) => {
      const path = level(store, table);
      rmSync(path);
      mkdirSync(path);
    },
    ...{ start: repairable, repair: acceptable, accepted: "salvaged" },
  },
  {
    name: "a table is gone",
    spoil: (store) => rmSync(level(store, table)),
    ...{ start: repairable, repair: acceptable, accepted: "salvaged" },
  },
  {
    name: "LevelDB's folder is gone",
    spoil: (store) => rmSync(join(store, "level"), { recursive: true }),
    // There is nothing to make another of: it is told to be empty.
    ...{ start: repairable, repair: acceptable, accepted: "whole" },
  },
];

async function refusalOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    // The core names what it misses; the node makes a store's trouble of that.
    if (error instanceof Error && error.name === "UnreadableStoreError")
      return `${error.message}: cannot read`;
    throw error;
  }
  return "it was not refused";
}

for (const damage of damages) {
  test(`where ${damage.name}, a start and a repair say what is and what to do`, async () => {
    const store = join(temporaryFolder(), "store");
    cpSync(original, store, { recursive: true });
    damage.spoil(store);
    const everything = history.contextIds.map(() => history.entries);
    const start = () => entriesFound(store, history);
    if (damage.start === "everything") assert.equal(await start(), everything);
    else {
      let found: unknown;
      const refusal = await refusalOf(async () => {
        found = await start();
      });
      if (damage.mayStart && found !== undefined) assert.equal(found, everything);
      else assert.match(refusal, damage.start);
    }

    const repair = (acceptLoss: boolean) => repairNode(nodeOver(store), acceptLoss);
    if (damage.repair === "whole") {
      assert.is((await repair(false)).kind, "whole");
      assert.equal(await start(), everything);
    } else {
      const refusal = await refusalOf(() => repair(false));
      assert.match(refusal, damage.repair);
      assert.not.match(refusal, "\n");
      assert.is(refusal.split("the store at").length, 2, `a sentence within a sentence: ${refusal}`);
    }
    const found = filesIn(join(store, "level"));
    const outcome = await repair(true);
    assert.is(outcome.kind, damage.accepted, JSON.stringify(outcome));
    const left = await start();
    if (damage.losesNothing) assert.equal(left, everything);
    if (outcome.kind === "salvaged") {
      assert.ok(existsSync(outcome.keptAt), "the old store is kept");
      const [readable, kept] = [await deltasIn(outcome.keptAt), await deltasIn(store)];
      const missing = Array.from(readable.keys()).filter((id) => !kept.has(id));
      assert.is(missing.length, 0, `${missing.length} of ${readable.size} were readable, and are gone`);
      const all = await deltasIn(original);
      assert.equal(filesIn(join(outcome.keptAt, "level")), found, "as it was found");
      if (damage.deltasLostMax !== undefined)
        assert.ok(
          all.size - readable.size <= damage.deltasLostMax,
          `${readable.size} of ${all.size} are left`,
        );
      const { deltas, waiting, bodiless } = outcome.salvaged;
      assert.is(deltas + waiting - bodiless, kept.size);
      assert.is(await bringAll(store, all.values()), 0, "nothing waits then");
      assert.equal(await start(), everything);
    }
    assert.is((await repair(false)).kind, "whole");
  });
}

for (const [said, spoil] of [
  ["has lost its store.json", (path) => rmSync(path)],
  ["has a damaged store.json", (path) => writeFileSync(path, Buffer.alloc(90, 0xa5))],
] satisfies readonly (readonly [string, (path: string) => void])[])
  test(`a store that ${said} is refused with what to put there, which is all it takes`, async () => {
    const store = join(temporaryFolder(), "store");
    cpSync(original, store, { recursive: true });
    spoil(join(store, "store.json"));
    const refusal = await refusalOf(() => entriesFound(store, history));
    assert.match(refusal, said);
    assert.is(await refusalOf(() => repairNode(nodeOver(store), true)), refusal, "nothing is guessed");
    writeFileSync(join(store, "store.json"), refusal.slice(refusal.indexOf("{")));
    const everything = history.contextIds.map(() => history.entries);
    assert.equal(await entriesFound(store, history), everything);
  });

test("a store that was sealed, with the store.json of one that was not, is refused, and nothing of it is given up", async () => {
  const store = join(temporaryFolder(), "store");
  const sealed = await storeHistory(store, secret);
  const marker = readFileSync(join(store, "store.json"));
  cpSync(join(original, "store.json"), join(store, "store.json"));
  const refusal = await refusalOf(() => repairNode(nodeOver(store), true));
  assert.match(refusal, "none of them as its store.json says: put the store.json of this store back");
  writeFileSync(join(store, "store.json"), marker);
  const everything = sealed.contextIds.map(() => sealed.entries);
  assert.equal(await entriesFound(store, sealed, secret), everything);
});

test.run();
