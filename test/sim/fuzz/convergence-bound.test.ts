// What fuzzing allows a sound cluster counts what such a cluster was once blamed for.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { tunables } from "../../../core/config.ts";
import { convergenceBoundMs } from "../../../sim/fuzz/convergence-bound.ts";
import { drawConfig } from "../../../sim/fuzz/draw-config.ts";
import { stream } from "../../../sim/random.ts";
import type { Scenario } from "../../../sim/scenario/scenario.ts";
import { holds } from "../../laws.ts";

const activeMs = 10_000;
const calls = 500;
const plain: Scenario = {
  ...{ name: "bounded", nodes: 40, network: { topology: { kind: "star" } } },
  workload: Array.from({ length: calls }, () => ({ at: "1s", method: "set", args: {} })),
};

function boundMs(more: Partial<Scenario>): number {
  return convergenceBoundMs({ ...plain, ...more }, activeMs);
}

test("all who sit around a hub come to it one after the other, to bring and to fetch", () => {
  const alone = { config: { syncSessionsMax: 1 } };
  const others = boundMs({ ...alone, network: { topology: { kind: "full" } } });
  assert.ok(boundMs(alone) - others > 2 * 39 * 1_000);
  assert.ok(boundMs(alone) - boundMs({ config: { syncSessionsMax: 5 } }) > 2 * 30 * 1_000);
});

for (const [what, latencyMs, syncMs] of [
  ["a round trip", 400, 0],
  ["two syncs of disks and a round trip", 20, 800],
] as const)
  test(`a state moves a page in ${what}`, () => {
    const network = { topology: { kind: "full" }, latency: { kind: "constant", ms: latencyMs } } as const;
    const config = { compactAboveDeltas: 5, compactKeepDeltas: 1 };
    const [small, large] = [256, 10_000].map((snapshotPageBytes) =>
      boundMs({ network, disk: { syncMs }, config: { ...config, snapshotPageBytes } }),
    );
    const stateBytes = calls * 100;
    const pages = stateBytes / 256 - stateBytes / 10_000;
    assert.ok((small ?? 0) - (large ?? 0) > pages * 2 * (latencyMs + syncMs));
  });

test("what is queued while a link is narrow leaves at that rate, though it is wide again", () => {
  const narrow = [{ kind: "bandwidth", at: "1s", until: "2s", kbps: 10 }] as const;
  const queuedBytes = calls * 1_000;
  assert.ok(boundMs({ faults: narrow }) - boundMs({}) > (queuedBytes * 8) / 10);
});

test("a session may be silent for as long as a page takes to cross a narrow link", () => {
  const setting = { syncMs: 0, isVaried: true, isCollecting: false };
  holds(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 500 }), (seed, bandwidthKbps) => {
      const { syncTimeoutMs } = drawConfig({ bandwidthKbps }, setting, stream(seed, "config"));
      const pageMs = (tunables.snapshotPageBytes.default * 8) / bandwidthKbps;
      assert.ok(syncTimeoutMs === undefined || syncTimeoutMs > pageMs, `${syncTimeoutMs} of ${pageMs} ms`);
    }),
    { share: 0.3 },
  );
});

test.run();
