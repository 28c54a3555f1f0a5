/** What a byzantine node may do besides what it should. What each does: `sim/byzantine/`. */

export const behaviours = [
  /** Two deltas in the place of one, one for each half of the others. */
  "equivocate",
  /** Deltas with parents, ids, authors and signatures that are not what they should be. */
  "forge",
  /** What was said long ago, once more. */
  "replay",
  /** Many messages, valid ones and others. */
  "flood",
  /** Bytes that are no message, messages cut short, messages too long. */
  "junk",
  /** Heads, counts, roots and frontiers that are not its own. */
  "lie",
  /** Answers about a state that are not what was offered. */
  "false-snapshot",
  /** Chunks and lists of chunks that are not the blob's. */
  "false-blob",
  /** Nothing more, in the middle of a session. */
  "stall",
] as const;

export type Behaviour = (typeof behaviours)[number];
