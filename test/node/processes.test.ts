// Three real nodes on loopback, and one of them killed under load three times.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { killUnderLoad, startCluster, stopCluster, untilAllAgree } from "./kill-under-load.ts";

test("three processes see each other's values, and lose nothing when one is killed under load three times", async () => {
  const cluster = await startCluster();
  console.log(`all values seen everywhere after ${cluster.seenMs} ms`);
  for (const round of [1, 2, 3]) {
    const { acknowledged, restartMs } = await killUnderLoad(cluster, round);
    console.log(`killed after ${acknowledged} acknowledged writes, answered again after ${restartMs} ms`);
    assert.ok(acknowledged >= 50);
  }
  console.log(`everything everywhere ${await untilAllAgree(cluster)} ms after the last restart`);
  await stopCluster(cluster);
});

test.run();
