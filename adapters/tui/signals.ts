/** Signals that end the process: the run is quit first, and the terminal given back. */

export const interruptedExitCode = 130;

/** By the convention of shells: 128 and the signal's number. */
const exitCodes: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGINT", interruptedExitCode],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
];

/** Gives the function that stops listening. */
export function listenToSignals(onSignal: (exitCode: number) => void): () => void {
  const listeners = exitCodes.map(([signal, exitCode]) => [signal, () => onSignal(exitCode)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
