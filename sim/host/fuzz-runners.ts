/** Runs seeds one after the other in this process, or several at a time in worker threads; results come in order. */

import type { FuzzRun } from "../fuzz/run.ts";
import type { RunResult } from "../result.ts";
import { type FuzzTask, runSeed } from "./fuzz-run.ts";
import { createPool } from "./runners.ts";

type Runs = AsyncGenerator<FuzzRun<RunResult>>;

/** So many runs for each worker may be done before the oldest is: one that takes long holds up no worker. */
const aheadPerWorker = 16;

export async function* fuzzInProcess(tasks: Iterable<FuzzTask>): Runs {
  for (const task of tasks) {
    yield runSeed(task);
    // Signals and the terminal get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function* fuzzInWorkers(tasks: Iterable<FuzzTask>, workers: number): Runs {
  const pool = createPool<FuzzTask, FuzzRun<RunResult>>("fuzzInWorker", workers);
  const running: Promise<FuzzRun<RunResult>>[] = [];
  // What waits was drawn from the budget: not more than the workers take at once is ahead of them.
  let busy = 0;
  let roomMade = () => {};
  const begin = (task: FuzzTask) => {
    busy += 1;
    const run = pool.run(task).finally(() => {
      busy -= 1;
      roomMade();
    });
    // A failure is told when its turn comes.
    run.catch(() => undefined);
    running.push(run);
  };
  try {
    for (const task of tasks) {
      begin(task);
      while (busy >= workers) await new Promise<void>((resolve) => (roomMade = resolve));
      while (running.length >= aheadPerWorker * workers) yield (await running.shift()) as FuzzRun<RunResult>;
    }
    for (const run of running) yield await run;
  } finally {
    await pool.destroy();
  }
}
