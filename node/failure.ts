/** What a command may end with besides success: a sentence for people, a code for programs, and an exit code. */

import { StoreError } from "../adapters/level/store.ts";
import { StoppedError } from "./driver.ts";
import { systemTrouble } from "./system-trouble.ts";

export const exitCodes = {
  /** Wrong usage, a bad configuration, or a request the node refused. */
  refused: 1,
  /** No node answers. */
  unreachable: 3,
  /** The store or its disk cannot be used, or a port is taken. */
  unusable: 4,
  /** Our own mistake. */
  internal: 70,
} as const;

export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: string;
  readonly exitCode: number;

  constructor(kind: keyof typeof exitCodes, code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.exitCode = exitCodes[kind];
  }
}

/** Codes of adapter errors that say "the world is not as it must be". */
const unusableCodes: ReadonlySet<string> = new Set(["address-taken", "address-unusable", "blobs-unusable"]);

/** Any error as a failure. What is none of the world's or the user's trouble is ours. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof StoppedError && error.cause !== undefined) return asFailure(error.cause);
  if (error instanceof StoreError) return new Failure("unusable", error.code, error.message, error.cause);
  if (error instanceof Error && "code" in error && unusableCodes.has(String(error.code)))
    return new Failure("unusable", String(error.code), error.message, error.cause);
  const trouble = systemTrouble(error);
  if (trouble !== null) return new Failure(trouble.kind, trouble.code, trouble.message, error);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Failure(
    "internal",
    "internal",
    `internal error: ${message}. This is a mistake in reconverge, not yours; what was acknowledged is kept. Please report it with the log lines before it and what the node was doing`,
    error,
  );
}
