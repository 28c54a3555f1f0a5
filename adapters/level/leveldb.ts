/** LevelDB as the package `level` brings it to Node; its types tell only what browsers have too. */

import { Level } from "level";

type Range = Buffer | string;

export type Database = Level<Buffer, Uint8Array> & {
  compactRange(start: Range, end: Range): Promise<void>;
};

interface LevelDbClass {
  new (path: string, options: ConstructorParameters<typeof Level<Buffer, Uint8Array>>[1]): Database;
  /** Makes a manifest anew from the tables and logs that are there; what it cannot read it puts into `lost/`. */
  repair(path: string): Promise<void>;
}

export const LevelDb = Level as unknown as LevelDbClass;
