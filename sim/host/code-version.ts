/** Which code runs: what a run came to can be expected again only of the same. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

export interface CodeVersion {
  /** Of the package. */
  readonly version: string;
  /** A hash over the sources of the core and the simulator: 16 hexadecimal digits. */
  readonly sources: string;
  readonly node: string;
}

const root = new URL("../../", import.meta.url);
const isCheckout = import.meta.url.endsWith(".ts");

/** Reads all sources. O(their size). */
export function codeVersion(): CodeVersion {
  const packageFile = new URL(isCheckout ? "package.json" : "../package.json", root);
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { readonly version: string };
  const hash = createHash("sha256");
  for (const folder of ["core/", "sim/"]) {
    for (const path of sourcesIn(new URL(folder, root))) {
      hash.update(`${folder}${path}\0`).update(readFileSync(new URL(`${folder}${path}`, root)));
    }
  }
  return { version, sources: hash.digest("hex").slice(0, 16), node: process.version };
}

function sourcesIn(folder: URL): readonly string[] {
  return readdirSync(fileURLToPath(folder), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => extname(path) === (isCheckout ? ".ts" : ".js"))
    .sort();
}

/** How a version is named to people. */
export function nameVersion({ version, sources }: CodeVersion): string {
  return `${version} (sources ${sources})`;
}
