/**
 * Every tunable of a node: unit (the last word of its name), bounds, default and reason. The same names stand
 * in scenario files and in a node's configuration file. What decides validity is no tunable: see `limits.ts`.
 */

export interface Tunable {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly why: string;
}

const hourMs = 3_600_000;

export const tunables = {
  syncFrequencyMs: {
    default: 10_000,
    min: 10,
    max: 24 * hourMs,
    why: "how often each context starts a periodic sync: the fallback under every other repair",
  },
  syncIntervalMs: {
    default: 5_000,
    min: 0,
    max: 24 * hourMs,
    why: "least time between two periodic sessions with one peer; other triggers do not wait for it",
  },
  syncTimeoutMs: {
    default: 30_000,
    min: 50,
    max: hourMs,
    why: "a session without progress for this long is ended, or one that moves less than 4 KB a second for long, or than a page in 8 s; a page must cross in it",
  },
  syncSessionsMax: {
    default: 30,
    min: 1,
    max: 10_000,
    why: "sessions this node has open at a time, over all contexts",
  },
  syncBackoffMaxMs: {
    default: 256_000,
    min: 0,
    max: 24 * hourMs,
    why: "failed sessions with a peer back off from 1 s, doubling up to this",
  },
  syncProtocolForced: {
    default: 0,
    min: 0,
    max: 6,
    why: "for tests: the code of the protocol to run where it can be, 1 to 3 of deltas and 4 to 6 of states; 0 chooses by need",
  },
  heartbeatMs: {
    default: 30_000,
    min: 10,
    max: 24 * hourMs,
    why: "how often each context's heads are announced on its topic",
  },
  pendingDeltasMax: {
    default: 10_000,
    min: 1,
    max: 10_000_000,
    why: "deltas of a context that may wait for parents; above it the oldest of the busiest author go",
  },
  pendingBytesMax: {
    default: 67_108_864,
    min: 1_024,
    max: 17_179_869_184,
    why: "the same in bytes",
  },
  pendingAgeMaxMs: {
    default: 300_000,
    min: 10,
    max: 24 * hourMs,
    why: "a delta whose parents nobody gave for this long is dropped; a later sync brings it again",
  },
  pendingFallbackCount: {
    default: 100,
    min: 1,
    max: 1_000_000,
    why: "more pending than this starts a sync at once",
  },
  cleanupMs: {
    default: 60_000,
    min: 10,
    max: 24 * hourMs,
    why: "how often aged pending deltas are swept out",
  },
  compactAboveDeltas: {
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
    why: "a context with more bodies of applied deltas than this drops the old ones",
  },
  compactKeepDeltas: {
    default: 1_000,
    min: 1,
    max: 1_000_000_000,
    why: "so many of the newest bodies are kept then; who lacks older ones is given the state instead",
  },
  compactMs: {
    default: hourMs,
    min: 10,
    max: 24 * hourMs,
    why: "how often each context looks whether it has too many bodies",
  },
  checkpointEveryDeltas: {
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
    why: "so many deltas of operations after a checkpoint the next is made, by one of those who may write",
  },
  checkpointDelayMaxMs: {
    default: 30_000,
    min: 1,
    max: 86_400_000,
    why: "a checkpoint, or the answer to one, comes within so long; at random, as one of many does it for all",
  },
  memberSilentMaxMs: {
    default: 0,
    min: 0,
    max: 365 * 24 * hourMs,
    why: "admins exclude a member that keeps a checkpoint waiting for so long; it returns by itself; 0 excludes nobody",
  },
  tombstoneRetentionMs: {
    default: 0,
    min: 0,
    max: 10 * 365 * 24 * hourMs,
    why: "in a context created here, deletions this much older than a checkpoint that everyone answered are collected; 0 keeps them for ever",
  },
  snapshotPageBytes: {
    default: 65_536,
    min: 256,
    max: 4_194_304,
    why: "an answer in a transfer of state ends once it holds this much",
  },
  handlerAttemptsMax: {
    default: 16,
    min: 1,
    max: 100,
    why: "attempts at an event's handler, or at a queued call, before it is parked for an operator to retry",
  },
  blobCacheAgeMaxMs: {
    default: 300_000,
    min: 10,
    max: 30 * 24 * hourMs,
    why: "a fetched blob that nobody read for this long is dropped; what was put here stays",
  },
  blobCacheCountMax: {
    default: 100,
    min: 0,
    max: 1_000_000,
    why: "of more fetched blobs than this, those read longest ago are dropped",
  },
  blobCacheBytesMax: {
    default: 524_288_000,
    min: 0,
    max: 17_592_186_044_416,
    why: "of more bytes of fetched blobs than this, those read longest ago are dropped",
  },
  blobEvictionMs: {
    default: 300_000,
    min: 10,
    max: 24 * hourMs,
    why: "how often fetched blobs are dropped, and those that no context refers to, which go the second time",
  },
  blobStrayAgeMaxMs: {
    default: 24 * hourMs,
    min: 10,
    max: 30 * 24 * hourMs,
    why: "chunks found at a start that nothing names, as after a lost store, are dropped once the node has run for this long",
  },
  peerGossipPerSecondMax: {
    default: 2_000,
    min: 1,
    max: 1_000_000,
    why: "messages on topics taken from one peer, five seconds' worth at once; more are dropped, and sync brings them",
  },
  peerGossipBytesPerSecondMax: {
    default: 16_777_216,
    min: 1_024,
    max: 1_073_741_824,
    why: "the same in bytes",
  },
  peerStreamsPerSecondMax: {
    default: 1_000,
    min: 1,
    max: 1_000_000,
    why: "streams taken from one peer, five seconds' worth at once",
  },
  banFirstMs: {
    default: 60_000,
    min: 0,
    max: 24 * hourMs,
    why: "a peer that makes many mistakes is refused for so long, and each time for twice as long; 0 refuses nobody",
  },
  clockSkewWarnMs: {
    default: 5_000,
    min: 1,
    max: 24 * hourMs,
    why: "a peer's wall clock further away than this is counted and shown",
  },
} as const satisfies Record<string, Tunable>;

export type ConfigKey = keyof typeof tunables;
export type Config = { readonly [Key in ConfigKey]: number };

export const configKeys = Object.keys(tunables) as readonly ConfigKey[];

/** What is wrong with a value for a key, as an expectation ("a whole number from 0 to 10"), or null. */
export function configExpectation(key: ConfigKey, value: unknown): string | null {
  const { min, max } = tunables[key];
  const fits = typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
  return fits ? null : `a whole number from ${min} to ${max}`;
}

/** The defaults with some keys replaced. The values must have passed `configExpectation`. */
export function createConfig(overrides: Partial<Config> = {}): Config {
  const defaults = Object.fromEntries(configKeys.map((key) => [key, tunables[key].default]));
  return { ...(defaults as Config), ...overrides };
}
