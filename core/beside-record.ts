/** Where a context's state lies, and what lies beside it, as the context's own record says. */

import type { SharedSpace } from "./store-keys.ts";
import { expectFields, expectInteger } from "./wire/expect.ts";

export interface BesideRecord {
  readonly space: SharedSpace;
  /** Blocks of a state that is being received. */
  readonly stagedBlocks: number;
  /** What finds the state in the other space: one that is to replace this, or was replaced by it. Null: none. */
  readonly other: unknown;
}

export const nothingBeside: BesideRecord = Object.freeze({ space: "s", stagedBlocks: 0, other: null });

export function isNothingBeside({ space, stagedBlocks, other }: BesideRecord): boolean {
  return space === "s" && stagedBlocks === 0 && other === null;
}

export function otherSpace(space: SharedSpace): SharedSpace {
  return space === "s" ? "u" : "s";
}

export function encodeBeside({ space, stagedBlocks, other }: BesideRecord): readonly unknown[] {
  return [space === "u", stagedBlocks, other];
}

/** For use inside `decoding`. */
export function decodeBeside(value: unknown): BesideRecord {
  const [isOther, stagedBlocks, other] = expectFields(value, 3, "what is beside a state");
  return {
    space: isOther === true ? "u" : "s",
    stagedBlocks: expectInteger(stagedBlocks, Number.MAX_SAFE_INTEGER),
    other,
  };
}
