/** Long work that is cut off from outside ends early and keeps what it has: by a signal, or when its time is over. */

import { exitCodes } from "../result.ts";

/** By the convention of shells: 128 and the signal's number. */
const signals: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
];

/** Why work ended early, in a word or some, and the exit code that says so. */
export interface CutOff {
  readonly reason: string;
  readonly exitCode: number;
}

/** The longest that a timer waits: 24 days. */
const timerMsMax = 2 ** 31 - 1;

/**
 * Tells, once, when it is cut off. Gives the function that stops listening. Whoever signals twice does not want to
 * wait: the second one ends the process as if nobody listened.
 */
export function untilCutOff(budgetMs: number, onCutOff: (cutOff: CutOff) => void): () => void {
  const listeners = signals.map(
    ([signal, exitCode]) => [signal, () => cutOff({ reason: signal, exitCode })] as const,
  );
  const budget = () => cutOff({ reason: "the budget is over", exitCode: exitCodes.budget });
  const timer = Number.isFinite(budgetMs) ? setTimeout(budget, Math.min(budgetMs, timerMsMax)) : undefined;
  function stop() {
    clearTimeout(timer);
    for (const [signal, listener] of listeners) process.off(signal, listener);
  }
  function cutOff(reason: CutOff) {
    stop();
    onCutOff(reason);
  }
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return stop;
}
