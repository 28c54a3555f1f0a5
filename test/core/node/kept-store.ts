// A store as a node of the present format left it, in files, with what must be found in it. `npm run kept-store` writes
// it anew into `kept-store.json`: only together with a new `storeFormat`, as it stands for the stores that users have.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openLevelStore } from "../../../adapters/level/level-store.ts";
import { builtInApplications } from "../../../core/app/built-in/index.ts";
import { type ContextId, fromHex, type Hash, toHex } from "../../../core/ids.ts";
import type { Json, JsonObject } from "../../../core/json.ts";
import { storeFormat } from "../../../core/store-keys.ts";
import { SimDisk } from "../../../sim/world/disk.ts";
import { type PackedFiles, packFiles, unpackFiles } from "../../adapters/level/previous-store.ts";
import { temporaryFolder } from "../../adapters/level/temporary-folder.ts";
import { identityOf } from "../authors.ts";
import { BlobNode } from "../blobs/blob-node.ts";
import { LoneNode } from "../lone-node.ts";
import { Link } from "../sync/link.ts";

const file = fileURLToPath(new URL("./kept-store.json", import.meta.url));
const config = { compactAboveDeltas: 12, compactKeepDeltas: 4, compactMs: 1_000, checkpointEveryDeltas: 5 };
const minuteMs = 60_000;

/** By application: calls that bring every kind of entity, deletions among them, and a view of all that is left. */
const scripts: Readonly<
  Record<string, { calls: readonly [string, JsonObject][]; view: [string, JsonObject] }>
> = {
  counter: {
    calls: [
      ["increment", { key: "a", by: 3 }],
      ["decrement", { key: "a" }],
      ["increment", { key: "b" }],
      ["reset", { key: "b" }],
    ],
    view: ["values", {}],
  },
  "todo-list": {
    calls: [
      ["add", { id: "1", title: "wash" }],
      ["add", { id: "2", title: "cook" }],
      ["tag", { id: "1", tag: "home" }],
      ["tag", { id: "1", tag: "soon" }],
      ["untag", { id: "1", tag: "soon" }],
      ["mark", { id: "2", done: true }],
      ["remove", { id: "2" }],
    ],
    view: ["list", {}],
  },
  "team-chat": {
    calls: [
      ["post", { channel: "hall", text: "hello" }],
      ["react", { channel: "hall", emoji: "wave" }],
      ["introduce", { name: "Ann" }],
      ["markRead", { channel: "hall" }],
      ["post", { channel: "hall", text: "anybody?" }],
    ],
    view: ["unread", { channel: "hall" }],
  },
  "text-editor": {
    calls: [
      ["append", { key: "letter", text: "Dear all" }],
      ["insert", { key: "letter", at: 4, text: "est" }],
      ["erase", { key: "letter", at: 0, count: 1 }],
      ["append", { key: "draft", text: "no" }],
      ["remove", { key: "draft" }],
    ],
    view: ["get", { key: "letter" }],
  },
  "notice-board": {
    calls: [
      ["introduce", { name: "Ann" }],
      ["post", { board: "door", text: "closed" }],
      ["post", { board: "wall", text: "old" }],
      ["clear", { board: "wall" }],
    ],
    view: ["boards", {}],
  },
  warehouse: {
    calls: [
      ["deliver", { ware: "nail", count: 2 }],
      ["send", { ware: "nail", order: "first" }],
      ["order", { ware: "saw", order: "second" }],
    ],
    view: ["sent", {}],
  },
};

export interface KeptStore {
  readonly format: number;
  /** In hexadecimal: of all that the core keeps. */
  readonly keys: readonly string[];
  readonly chunks: Readonly<Record<string, string>>;
  readonly files: PackedFiles;
  readonly expected: Json;
}

/** The node whose store it is, over a disk; `b` is a member of its first context. */
function nodeOver(disk: SimDisk, chunks: Map<Hash, Uint8Array>): BlobNode {
  return new BlobNode("a", { disk, chunks, config, applications: builtInApplications });
}

/** Another node, with nothing on its disk. */
export const otherNode = () => new LoneNode("b", { applications: builtInApplications, words: [5, 6, 7, 8] });

/** The context with members. */
export function sharedContext({ lone }: BlobNode): ContextId {
  for (const { contextId, application } of lone.core.replicas().values())
    if (application === "kv-store") return contextId;
  throw new Error("the store has no kv-store");
}

export function readKept(): KeptStore {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** The node that starts over a copy of the store. */
export async function openKept({ files, keys, chunks }: KeptStore): Promise<BlobNode> {
  const path = join(temporaryFolder(), "store");
  unpackFiles(files, path);
  const store = await openLevelStore(path, { create: false });
  const disk = new SimDisk();
  const names = keys.map((key) => Buffer.from(key, "hex").toString("latin1"));
  disk.append({ kind: "commit", writes: names.map((name) => [name, store.get(name) ?? null]) });
  await store.close();
  const stored = Object.entries(chunks).map(
    ([hash, bytes]) => [fromHex<Hash>(hash) as Hash, new Uint8Array(Buffer.from(bytes, "base64"))] as const,
  );
  return nodeOver(disk, new Map(stored));
}

/** What it holds and answers, context by context. */
export function standingOf({ lone }: BlobNode): Json {
  return Array.from(lone.core.replicas().values(), (replica) => {
    const { contextId, application, deltas, governance, closing, owed } = replica;
    const ids = Array.from({ length: deltas.graph.count }, (_, position) => deltas.graph.at(position).id);
    const [view, args] = scripts[application]?.view ?? ["entries", {}];
    const outcome = lone.execute(contextId, view, args);
    return {
      application,
      contextId: toHex(contextId),
      stateRoot: toHex(replica.stateRoot()),
      heads: replica.heads().map(toHex),
      deltas: ids.length,
      withBody: ids.filter((id) => deltas.hasBody(id)).length,
      entities: replica.state.storedCount,
      members: governance.members.all().map(({ author, role }) => `${toHex(author)} ${role}`),
      sealed: closing.sealed === null ? null : toHex(closing.sealed),
      waitsFor: closing.waitsFor.map(toHex),
      owed: owed.waitingCount,
      answer: outcome.kind === "executed" ? outcome.output : outcome.kind,
    };
  });
}

function fill(node: BlobNode): void {
  const { lone } = node;
  const [b, c] = [identityOf("b").author, identityOf("c").author];
  const members = [
    { author: b, role: "reader" },
    { author: c, role: "reader" },
  ] as const;
  const made = lone.call({ kind: "create-context", application: "kv-store", members });
  if (made.kind !== "context") throw new Error(JSON.stringify(made));
  const { contextId } = made;
  for (let index = 0; index < 40; index += 1)
    lone.execute(contextId, "set", { key: `k${index}`, value: index });
  for (const key of ["k8", "k9"]) lone.execute(contextId, "remove", { key });
  node.put(contextId, new Uint8Array(5_000).fill(7));
  // By now a checkpoint, for which no reader is waited, and old bodies are gone.
  node.pass(minuteMs);
  lone.call({ kind: "change-members", contextId, change: { kind: "role", member: b, role: "member" } });
  lone.call({ kind: "change-members", contextId, change: { kind: "remove", member: c } });
  const link = new Link([lone, otherNode()]);
  link.nodes[1].call({ kind: "join-context", contextId });
  link.meet(contextId);
  for (let round = 0; round < 10; round += 1) link.pass(1_000);
  for (let index = 0; index < 6; index += 1)
    lone.execute(contextId, "set", { key: `k${index}`, value: "late" });
  // Another checkpoint, which waits for the member that is not there.
  node.pass(minuteMs);
  for (const [application, { calls }] of Object.entries(scripts)) {
    const own = lone.create(application, null);
    for (const [method, args] of calls) lone.execute(own, method, args);
  }
}

/** Writes the store anew. */
export async function writeKept(): Promise<void> {
  const [disk, chunks] = [new SimDisk(), new Map<Hash, Uint8Array>()];
  const node = nodeOver(disk, chunks);
  fill(node);
  node.give({ kind: "stop" });
  const path = join(temporaryFolder(), "store");
  const store = await openLevelStore(path, { create: true });
  const entries = Array.from(disk.memory.entries);
  store.stage(entries);
  await store.flush();
  await store.close();
  const kept = {
    format: storeFormat,
    keys: entries.map(([key]) => Buffer.from(key, "latin1").toString("hex")),
    chunks: Object.fromEntries(
      Array.from(chunks, ([hash, bytes]) => [toHex(hash), Buffer.from(bytes).toString("base64")]),
    ),
    files: packFiles(path),
  };
  // Read from what was written, so that only what is in it is expected of it.
  const expected = standingOf(await openKept({ ...kept, expected: null }));
  writeFileSync(file, `${JSON.stringify({ ...kept, expected }, null, 2)}\n`);
}
