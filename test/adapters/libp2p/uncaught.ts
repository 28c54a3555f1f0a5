// What nobody catches, which ends a process.

import { setTimeout } from "node:timers/promises";

/** What is thrown meanwhile where nobody catches it. */
export async function uncaughtIn(attempt: () => Promise<unknown>): Promise<readonly string[]> {
  const others = process.listeners("uncaughtException");
  const uncaught: string[] = [];
  process.removeAllListeners("uncaughtException");
  process.on("uncaughtException", (error) => uncaught.push(error.message));
  try {
    await attempt();
    await setTimeout(10);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const other of others) process.on("uncaughtException", other);
  }
  return uncaught;
}
