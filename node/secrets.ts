/** Secrets of a node: each from the environment, or from the file that the configuration names. */

import { readFile } from "node:fs/promises";
import { secretBytes } from "../adapters/level/value-seal.ts";
import { Failure } from "./failure.ts";
import type { NodeConfig } from "./settings.ts";

interface Secret<T> {
  /** For service managers that hand secrets over in the environment. It comes before the file. */
  readonly variable: string;
  readonly setting: string;
  readonly code: string;
  readonly what: string;
  readonly expected: string;
  /** Null for a text that is none. */
  readonly parse: (text: string) => T | null;
}

const storeKey: Secret<Uint8Array> = {
  variable: "RECONVERGE_STORE_KEY",
  setting: "store.keyFile",
  code: "bad-store-key",
  what: "key for a store",
  expected: `${2 * secretBytes} hexadecimal digits, as "openssl rand -hex ${secretBytes}" makes them`,
  parse: (text) =>
    new RegExp(`^[0-9a-f]{${2 * secretBytes}}$`, "i").test(text)
      ? new Uint8Array(Buffer.from(text, "hex"))
      : null,
};

const tokenCharacters = { min: 32, max: 1_024 };

export const apiTokenVariable = "RECONVERGE_API_TOKEN";

const apiToken: Secret<string> = {
  variable: apiTokenVariable,
  setting: "server.tokenFile",
  code: "bad-api-token",
  what: "token for the API",
  expected: `${tokenCharacters.min} to ${tokenCharacters.max} characters without spaces, as "openssl rand -hex 32" makes them`,
  parse: (text) =>
    new RegExp(`^[!-~]{${tokenCharacters.min},${tokenCharacters.max}}$`).test(text) ? text : null,
};

/** Under which a node's store is sealed; null when it is not to be. Rejects with a `Failure`. */
export async function readStoreSecret(keyFile: string): Promise<Uint8Array | null> {
  return await read(storeKey, keyFile);
}

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1"]);

/** What clients of the API have to bear; null when they need not, as on this machine alone. Rejects with a `Failure`. */
export async function readApiToken({ host, tokenFile }: NodeConfig["server"]): Promise<string | null> {
  const token = await read(apiToken, tokenFile);
  if (token !== null || loopback.has(host)) return token;
  const { variable, setting, code, expected } = apiToken;
  const what = `server.host is ${host}, so that other machines can ask, and no token is set`;
  throw bad({ code, expected: `a file that ${setting} names, or ${variable}, to hold ${expected}` }, what);
}

/**
 * What a client bears: of a node whose configuration names a file, what is in it, as the environment may be meant for
 * another node. Rejects with a `Failure`.
 */
export async function readBorneToken(tokenFile = ""): Promise<string | null> {
  return tokenFile === "" ? await read(apiToken, "") : await readFrom(apiToken, tokenFile);
}

/** The secret itself is in none of the words of a failure. */
async function read<T>(secret: Secret<T>, file: string): Promise<T | null> {
  const { variable } = secret;
  const fromEnvironment = process.env[variable];
  if (fromEnvironment !== undefined) return parse(secret, fromEnvironment, variable);
  return file === "" ? null : await readFrom(secret, file);
}

async function readFrom<T>(secret: Secret<T>, file: string): Promise<T> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw bad(secret, `the file ${file} that ${secret.setting} names cannot be read (${error.code})`);
  });
  return parse(secret, text, file);
}

function parse<T>(secret: Secret<T>, text: string, where: string): T {
  const parsed = secret.parse(text.trim());
  if (parsed === null) throw bad(secret, `what is in ${where} is no ${secret.what}`);
  return parsed;
}

function bad({ code, expected }: Pick<Secret<unknown>, "code" | "expected">, what: string): Failure {
  return new Failure("refused", code, `${what}: expected ${expected}`);
}
