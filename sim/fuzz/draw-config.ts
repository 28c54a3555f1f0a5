/** Random configuration of the core: a few keys each time, most at an extreme. */

import { type Config, tunables } from "../../core/config.ts";
import type { Stream } from "../random.ts";
import type { ScenarioNetwork } from "../scenario/scenario.ts";
import { slowestMs } from "./convergence-bound.ts";
import { someOf } from "./draw-network.ts";

/** A session may need so many crossings of the slowest link, and so many syncs of the disk, until something comes. */
const [timeoutCrossings, timeoutSyncs] = [10, 4];

/** The longest a message takes to cross a narrow link, twice: a page of a state, or of a history. */
const timeoutBytes = 2 * tunables.snapshotPageBytes.default;

/** With the defaults a repair may take minutes: most runs have quicker ones, so that there are more runs. */
const quickShare = 0.8;
const forcedShare = 0.25;
const limitedShare = 0.15;

interface ConfigSetting {
  /** How long a sync of the disk takes at most. */
  readonly syncMs: number;
  /** Is more than the pace of sync drawn? */
  readonly isVaried: boolean;
  /** Are deletions collected? Only where members stay who they are, and bodies where they are. */
  readonly isCollecting: boolean;
}

export function drawConfig(
  network: ScenarioNetwork,
  { syncMs, isVaried, isCollecting }: ConfigSetting,
  draws: Stream,
): Partial<Config> {
  const drawn = drawUsual(network, { syncMs, isVaried }, draws);
  return isCollecting ? drawCollecting(drawn, draws) : drawn;
}

function drawUsual(
  network: ScenarioNetwork,
  { syncMs, isVaried }: Omit<ConfigSetting, "isCollecting">,
  draws: Stream,
): Partial<Config> {
  const pace = draws.chance(quickShare) ? drawPace(network, syncMs, draws) : {};
  if (!isVaried) return pace;
  const sync = {
    syncSessionsMax: draws.pick([1, 2, 5]),
    heartbeatMs: draws.pick([1_000, 3_000, 10_000]),
  };
  // By themselves few who differ have no past in common, and reconcile their histories.
  const forced = draws.chance(forcedShare)
    ? { syncProtocolForced: draws.pick([1, 2, 3, 3, 3, 4, 5, 6]) }
    : {};
  // Sync brings what is dropped.
  const limits = draws.chance(limitedShare) ? { peerGossipPerSecondMax: draws.pick([2, 20]) } : {};
  const buffers = {
    pendingDeltasMax: draws.pick([1, 3, 20]),
    pendingBytesMax: draws.pick([1_024, 5_000, 100_000]),
    pendingAgeMaxMs: draws.pick([10, 500, 5_000]),
    pendingFallbackCount: draws.pick([1, 5]),
    cleanupMs: draws.pick([50, 1_000]),
    handlerAttemptsMax: draws.pick([1, 2]),
    clockSkewWarnMs: draws.pick([1, 1_000]),
  };
  const blobs = {
    blobEvictionMs: draws.pick([50, 1_000]),
    blobCacheAgeMaxMs: draws.pick([10, 2_000]),
    blobCacheCountMax: draws.pick([0, 1]),
    blobCacheBytesMax: draws.pick([0, 100_000]),
    blobStrayAgeMaxMs: draws.pick([10, 2_000]),
  };
  const compaction = draws.chance(0.5) ? drawCompaction(draws) : {};
  const closing = draws.chance(0.5) ? drawClosing(draws) : {};
  return {
    ...pace,
    ...forced,
    ...limits,
    ...someOf({ ...sync, ...buffers, ...blobs }, draws),
    ...compaction,
    ...closing,
  };
}

function drawPace(network: ScenarioNetwork, syncMs: number, draws: Stream): Partial<Config> {
  const crossingMs = (timeoutBytes * 8) / (network.bandwidthKbps ?? Number.POSITIVE_INFINITY);
  const waitsMs = timeoutCrossings * slowestMs(network) + timeoutSyncs * syncMs;
  const leastTimeoutMs = Math.ceil(waitsMs + crossingMs);
  return {
    syncFrequencyMs: draws.pick([200, 1_000, 4_000]),
    syncIntervalMs: draws.pick([0, 100, 1_000]),
    syncTimeoutMs: Math.max(leastTimeoutMs, draws.pick([200, 1_000, 5_000])),
    syncBackoffMaxMs: draws.pick([0, 500, 4_000]),
  };
}

/** Old bodies go early, so that states move instead. */
function drawCompaction(draws: Stream): Partial<Config> {
  const compactKeepDeltas = draws.pick([1, 4, 20]);
  return {
    compactKeepDeltas,
    compactAboveDeltas: compactKeepDeltas + draws.pick([0, 3, 20]),
    compactMs: draws.pick([50, 1_000, 4_000]),
    ...someOf({ snapshotPageBytes: draws.pick([256, 1_000, 10_000]) }, draws),
  };
}

/** Cuts are named early. */
function drawClosing(draws: Stream): Partial<Config> {
  return {
    checkpointEveryDeltas: draws.pick([1, 5, 30]),
    checkpointDelayMaxMs: draws.pick([50, 500, 3_000, 30_000]),
    ...someOf({ memberSilentMaxMs: draws.pick([0, 1, 5_000]) }, draws),
  };
}

/**
 * Deletions are collected soon. Not where states alone are moved, nor where little may wait for the word of others, nor
 * where one who is asked for its word may be demoted meanwhile: two parts may then each have closed the past without the
 * other for good (docs/found.md).
 */
function drawCollecting(drawn: Partial<Config>, draws: Stream): Partial<Config> {
  const isApart = /^(syncProtocolForced$|compact|pending)/;
  return {
    ...Object.fromEntries(Object.entries(drawn).filter(([name]) => !isApart.test(name))),
    checkpointEveryDeltas: draws.pick([1, 1, 3, 10]),
    checkpointDelayMaxMs: draws.pick([50, 50, 500, 3_000]),
    tombstoneRetentionMs: draws.pick([1, 1, 100, 1_000, 5_000]),
  };
}
