// `npm run soak`: kills one of three real nodes under load twenty times, and checks each time that nothing it had
// acknowledged is missing, and in the end that everybody has everything. `npm run soak -- 5` for another number.

import { killUnderLoad, startCluster, stopCluster, untilAllAgree } from "../test/node/kill-under-load.ts";

const rounds = Number(process.argv[2] ?? 20);
const startedMs = performance.now();
const cluster = await startCluster();
console.log(`three nodes, all values seen everywhere after ${cluster.seenMs} ms`);
const restartsMs: number[] = [];
const agreementsMs: number[] = [];
for (let round = 1; round <= rounds; round += 1) {
  const { acknowledged, restartMs } = await killUnderLoad(cluster, round);
  const agreedMs = await untilAllAgree(cluster);
  restartsMs.push(restartMs);
  agreementsMs.push(agreedMs);
  console.log(
    `${round}: killed after ${acknowledged} acknowledged writes, answered again after ${restartMs} ms, all agreed ${agreedMs} ms later`,
  );
}
const total = Object.keys(cluster.acknowledged).length;
await stopCluster(cluster);
console.log(`medians of ${rounds}: restart ${median(restartsMs)} ms, agreement ${median(agreementsMs)} ms`);
console.log(
  `${total} acknowledged writes, none missing; ${Math.round((performance.now() - startedMs) / 1_000)} s`,
);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
