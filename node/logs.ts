/** A logger for each part of a node, so that each can be made to say more or less. */

import type { Logger } from "pino";

export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export const logComponents = ["node", "core", "store", "blobs", "network", "api"] as const;
export type LogComponent = (typeof logComponents)[number];

/** Is it like `network=debug`? */
export function isComponentLevel(entry: string): boolean {
  const [component = "", level = "", ...more] = entry.split("=");
  return (
    more.length === 0 &&
    logComponents.some((known) => known === component) &&
    logLevels.some((known) => known === level)
  );
}

/** Lines of a component, at the level that is set for it, or at that of all. */
export function componentLog(log: Logger, component: LogComponent, entries: readonly string[]): Logger {
  const entry = entries.findLast((each) => each.startsWith(`${component}=`));
  return entry === undefined
    ? log.child({ component })
    : log.child({ component }, { level: entry.slice(component.length + 1) });
}
