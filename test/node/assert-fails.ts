// What a command that fails must look like, whatever is wrong.

import * as assert from "uvu/assert";
import type { CommandResult } from "./node-process.ts";

/** One sentence with all these parts, and no stack trace. */
export function assertFails(result: CommandResult, exitCode: number, ...parts: readonly string[]): void {
  assert.is(result.exitCode, exitCode, result.stderr);
  assert.match(result.stderr, /^error: [^\n]+\n$/, result.stderr);
  assert.not.match(result.stderr, /\bat .*:\d+:\d+/);
  for (const part of parts) assert.ok(result.stderr.includes(part), `${result.stderr} should say: ${part}`);
  assert.is(result.stdout, "");
}
