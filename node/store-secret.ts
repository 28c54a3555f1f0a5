/** The secret under which a node's store is sealed: from the environment, or from the file the configuration names. */

import { readFile } from "node:fs/promises";
import { secretBytes } from "../adapters/level/value-seal.ts";
import { Failure } from "./failure.ts";

/** For service managers that hand secrets over in the environment. */
export const storeKeyVariable = "RECONVERGE_STORE_KEY";

/** Null when the store is not to be sealed. Rejects with a `Failure`; the secret itself is in none of its words. */
export async function readStoreSecret(keyFile: string): Promise<Uint8Array | null> {
  const fromEnvironment = process.env[storeKeyVariable];
  if (fromEnvironment !== undefined) return parse(fromEnvironment, storeKeyVariable);
  if (keyFile === "") return null;
  const text = await readFile(keyFile, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw bad(`the file ${keyFile} that store.keyFile names cannot be read (${error.code})`);
  });
  return parse(text, keyFile);
}

function parse(text: string, where: string): Uint8Array {
  if (new RegExp(`^[0-9a-f]{${2 * secretBytes}}$`, "i").test(text.trim()))
    return new Uint8Array(Buffer.from(text.trim(), "hex"));
  throw bad(`what is in ${where} is no key for a store`);
}

function bad(what: string): Failure {
  const expected = `expected ${2 * secretBytes} hexadecimal digits, as "openssl rand -hex ${secretBytes}" makes them`;
  return new Failure("refused", "bad-store-key", `${what}: ${expected}`);
}
