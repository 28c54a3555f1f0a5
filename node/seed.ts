/** The secret a node is made of, in a file of its folder. */

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { storeMarkerName } from "../adapters/level/marker.ts";
import { Failure } from "./failure.ts";
import { exists, type NodeFolder, writeWhole } from "./home.ts";
import { notePath, readNote } from "./store-note.ts";

const seedBytes = 32;
const another = 'make another node with "reconverge node init" and another --name or --home';

/** The node's seed, made where there has been no node. Readable by its owner only. Rejects with a `Failure`, or an error of the system. */
export async function obtainSeed(folder: NodeFolder): Promise<Uint8Array> {
  if (!(await exists(folder.keyPath))) {
    const why = await whyNoNewKey(folder);
    if (why !== null) throw new Failure("unusable", "key-missing", why);
    await writeWhole(folder.keyPath, `${randomBytes(seedBytes).toString("hex")}\n`, 0o600);
  }
  const text = (await readFile(folder.keyPath, "utf8")).trim();
  if (/^[0-9a-f]{64}$/.test(text)) return new Uint8Array(Buffer.from(text, "hex"));
  const message = `${folder.keyPath} is no key: expected 64 hexadecimal digits; put the right file back, or ${another}`;
  throw new Failure("refused", "bad-key", message);
}

/** What says that there was a node here; null where nothing does. */
async function whyNoNewKey({ keyPath, storePath }: NodeFolder): Promise<string | null> {
  if (await exists(join(storePath, storeMarkerName)))
    return `the key ${keyPath} is missing, but the store ${storePath} that was written with it is there: restore the key from a backup, or ${another}`;
  const peer = await readNote(storePath);
  if (peer === null) return null;
  const found = `the key ${keyPath} is gone, and so is the store ${storePath}, though there was a node here, ${peer} (${notePath(storePath)} says so)`;
  const why = "their disk is not mounted, or they were moved or removed";
  return `${found}: ${why}; mount it, put them or a backup of the node back, or ${another}`;
}
