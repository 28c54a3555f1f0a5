// Chunks as files: whole or absent, in order, and with a sentence for what the disk refuses.

import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ChunkFilesError, openChunkFiles } from "../../../adapters/blob-files/chunk-files.ts";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { hashOfChunk } from "../../../core/blobs/blob.ts";
import type { ChunkEffect } from "../../../core/effect.ts";
import { toHex } from "../../../core/ids.ts";
import type { ChunkInput } from "../../../core/input.ts";
import { temporaryFolder } from "../level/temporary-folder.ts";

const bytesOf = (nth: number) => new Uint8Array(1_000 + nth).fill(nth);
const hashOf = (nth: number) => hashOfChunk(bytesOf(nth), nodeCrypto);

async function openFiles(folder = join(temporaryFolder(), "blobs")) {
  const troubles: string[] = [];
  const files = await openChunkFiles(folder, { error: (_, message) => troubles.push(message) });
  /** What comes of it. */
  const ask = (effect: ChunkEffect) => new Promise<ChunkInput>((told) => files.perform(effect, told));
  const store = (nth: number) => ask({ kind: "store-chunk", chunk: hashOf(nth), bytes: bytesOf(nth) });
  const read = async (nth: number) => {
    const told = await ask({ kind: "read-chunk", chunk: hashOf(nth) });
    if (told.kind !== "chunk-read") throw new Error(told.kind);
    return told.found.kind === "bytes" ? new Uint8Array(told.found.bytes) : told.found.kind;
  };
  const list = async () => {
    const told = await ask({ kind: "list-chunks" });
    return told.kind === "chunks-listed" ? told.chunks.toSorted() : [];
  };
  return { files, folder, troubles, store, read, list };
}

test("what was stored is read again by whoever opens the folder next, and nothing else is there", async () => {
  const first = await openFiles();
  assert.equal(await first.store(1), { kind: "chunk-stored", chunk: hashOf(1), problem: null });
  await first.store(2);
  await first.files.close();
  const second = await openFiles(first.folder);
  assert.equal(await second.list(), [hashOf(1), hashOf(2)].sort());
  assert.equal(await second.read(2), bytesOf(2));
  assert.is(await second.read(3), "absent");
  second.files.perform({ kind: "drop-chunks", chunks: [hashOf(1), hashOf(3)] }, () => {});
  assert.is(await second.read(1), "absent");
  await second.files.close();
  assert.equal(readdirSync(first.folder), [toHex(hashOf(2))]);
});

test("what is done to one chunk is done in the order it is asked for", async () => {
  const { files, folder, read } = await openFiles();
  const store = { kind: "store-chunk", chunk: hashOf(1), bytes: bytesOf(1) } as const;
  const drop = { kind: "drop-chunks", chunks: [hashOf(1)] } as const;
  for (let round = 0; round < 20; round += 1) for (const each of [store, drop]) files.perform(each, () => {});
  files.perform(store, () => {});
  assert.equal(await read(1), bytesOf(1));
  files.perform(drop, () => {});
  await files.close();
  assert.equal(readdirSync(folder), []);
});

test("what a crash left beside is removed, and files that are no chunks are left alone", async () => {
  const { files, folder, store } = await openFiles();
  await store(1);
  await files.close();
  writeFileSync(join(folder, `${toHex(hashOf(2))}.new`), "half of");
  writeFileSync(join(folder, "README"), "not ours");
  const { files: again, list } = await openFiles(folder);
  assert.equal(await list(), [hashOf(1)]);
  await again.close();
  assert.equal(readdirSync(folder).sort(), ["README", toHex(hashOf(1))].sort());
});

test("a chunk that cannot be stored is told so in words, and the next can be once the trouble is over", async () => {
  const { files, folder, store, read, troubles } = await openFiles();
  const inTheWay = join(folder, `${toHex(hashOf(1))}.new`);
  mkdirSync(join(inTheWay, "something"), { recursive: true });
  const told = await store(1);
  assert.ok(told.kind === "chunk-stored" && told.problem !== null && told.problem.length > 10);
  assert.ok(troubles.includes("a chunk of a blob cannot be stored"));
  assert.is(await read(1), "absent");
  rmSync(inTheWay, { recursive: true });
  assert.equal(await store(1), { kind: "chunk-stored", chunk: hashOf(1), problem: null });
  await files.close();
});

test("a file that cannot be read is not taken for one that is absent", async () => {
  const { files, folder, read } = await openFiles();
  mkdirSync(join(folder, toHex(hashOf(1))));
  assert.is(await read(1), "failed");
  await files.close();
});

test("many chunks at a time all arrive, and closing waits for them", async () => {
  const { files, folder } = await openFiles();
  const chunks = Array.from({ length: 60 }, (_, nth) => nth);
  let stored = 0;
  for (const nth of chunks) {
    files.perform({ kind: "store-chunk", chunk: hashOf(nth), bytes: bytesOf(nth) }, () => {
      stored += 1;
    });
  }
  await files.close();
  assert.is(stored, 60);
  assert.is(readdirSync(folder).length, 60);
});

test("a folder that cannot be is refused with a sentence that names it", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  const error = await openFiles(join(file, "blobs")).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof ChunkFilesError);
  assert.match(error.message, /cannot be used .*: expected one that this user may write to/);
  assert.ok(existsSync(file));
});

test.run();
