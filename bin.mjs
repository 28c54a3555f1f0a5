#!/usr/bin/env node
// The `reconverge` command: runs cli.ts as it stands in a checkout, and the compiled one in an installed package.
import { existsSync } from "node:fs";

if (existsSync(new URL("cli.ts", import.meta.url))) {
  const { register } = await import("tsx/esm/api");
  register();
  await import("./cli.ts");
} else {
  await import("./dist/cli.js");
}
