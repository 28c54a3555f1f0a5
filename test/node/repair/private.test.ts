// What a repair makes of what a node keeps privately, which nobody else has.

import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { toBase58 } from "../../../adapters/http/base58.ts";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { textArgument } from "../../../core/app/arguments.ts";
import { defineApp } from "../../../core/app/define-app.ts";
import { map } from "../../../core/app/fields/map.ts";
import { register } from "../../../core/app/fields/register.ts";
import type { ContextId } from "../../../core/ids.ts";
import { storeKeys } from "../../../core/store-keys.ts";
import { repairNode } from "../../../node/repair/repair.ts";
import { temporaryFolder } from "../../adapters/level/temporary-folder.ts";
import { nodeOver, StoredNode } from "./stored-history.ts";

const diary = defineApp({
  name: "diary",
  state: { title: register<string>() },
  private: { drafts: map(register<string>()) },
  methods: {
    draft({ drafts }, args) {
      drafts.set(textArgument(args, "key"), textArgument(args, "content"));
    },
  },
  views: { drafts: ({ drafts }) => Object.fromEntries(drafts) },
});

/** More than one batch of a repair. */
const count = 300;

async function draftsIn(path: string, contextIds: readonly ContextId[]) {
  const store = await openLevelStore(path, { create: false });
  try {
    const node = new StoredNode(store, [diary]);
    return contextIds.map((contextId) => {
      const outcome = node.call({ kind: "execute", contextId, method: "drafts", args: {} });
      return outcome.kind === "executed" ? (outcome.output as Record<string, string>) : {};
    });
  } finally {
    await store.close();
  }
}

test("a repair keeps what is private as far as it is there, and says by context what was lost of it", async () => {
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  const node = new StoredNode(store, [diary]);
  const contextIds = [node.create("diary"), node.create("diary"), node.create("diary")] as const;
  const [whole, torn] = contextIds;
  const draft = (contextId: ContextId, key: string, content: string) =>
    node.call({ kind: "execute", contextId, method: "draft", args: { key, content } });
  for (const contextId of [whole, torn])
    for (let index = 0; index < count; index += 1) draft(contextId, `key ${index}`, "first");
  // Of what was written twice the newer counts.
  draft(whole, "key 7", "second");
  await store.flush();
  const leaves = Array.from(node.core.replicas().get(torn)?.private.store.leaves({}) ?? []);
  for (const { hash } of leaves.slice(0, 3)) store.stage([[storeKeys.entity(`p${torn}`, hash), null]]);
  await store.flush();
  await store.close();

  const outcome = await repairNode(nodeOver(path, null, [diary]), true);
  assert.is(outcome.kind, "salvaged", JSON.stringify(outcome));
  if (outcome.kind !== "salvaged") return;
  const expected = [
    { context: toBase58(whole), kept: leaves.length, lost: 0 },
    { context: toBase58(torn), kept: leaves.length - 3, lost: 3 },
  ];
  const byContext = (a: { context: string }, b: { context: string }) => (a.context < b.context ? -1 : 1);
  assert.equal([...outcome.salvaged.private].sort(byContext), expected.sort(byContext));
  const [drafts = {}, left = {}, none = {}] = await draftsIn(path, contextIds);
  assert.is(Object.keys(drafts).length, count);
  assert.is(drafts["key 7"], "second");
  assert.ok(Object.keys(left).length >= count - 3, `${Object.keys(left).length} are left`);
  assert.equal(none, {});
  assert.is((await repairNode(nodeOver(path, null, [diary]), false)).kind, "whole");
});

test.run();
