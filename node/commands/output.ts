/** What commands print: text for people, or one line of JSON; and how they fail. */

import { asFailure, Failure } from "../failure.ts";

/** Runs a command; a failure becomes one message and an exit code. */
export async function reporting(isJson: boolean, command: () => Promise<void>): Promise<void> {
  try {
    await command();
  } catch (error) {
    reportFailure(isJson, error);
  }
}

/** Says what went wrong on stderr, and with `--json` also on stdout, and sets the exit code. */
export function reportFailure(isJson: boolean, error: unknown): void {
  const failure = asFailure(error);
  process.stderr.write(`error: ${failure.message}\n`);
  if (isJson) print({ error: { code: failure.code, message: failure.message } });
  process.exitCode = failure.exitCode;
}

export function show(isJson: boolean, value: unknown, text: string): void {
  if (isJson) print(value);
  else process.stdout.write(`${text}\n`);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Lines of `key  value`, aligned. */
export function table(rows: readonly (readonly [key: string, value: unknown])[]): string {
  const width = Math.max(0, ...rows.map(([key]) => key.length));
  return rows.map(([key, value]) => `${key.padEnd(width)}  ${String(value)}`).join("\n");
}

/** A whole number, or a `Failure` that names the option. */
export function readWhole(
  text: string,
  option: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new Failure(
    "refused",
    "usage",
    `${option}: found "${text}", expected a whole number from ${min} to ${max}`,
  );
}
