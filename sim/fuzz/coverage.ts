/**
 * What a fuzzing session came to touch, and what it never did: probes of the core, faults, applications and their
 * methods, how the ties of events were broken. What never happened was never tested, whatever passed.
 */

import { type ProbeName, probeNames } from "../../core/probes.ts";
import { syncProtocols } from "../../core/wire/sync-message.ts";
import { blobMethods } from "../plan/blob-operations.ts";
import { memberMethods } from "../plan/member-calls.ts";
import type { TieBreak } from "../world/event-queue.ts";
import { callName, ofNode } from "./calls.ts";
import type { FuzzedFaultKind, ScenarioSpace } from "./profiles.ts";
import type { FuzzRun } from "./run.ts";

const protocolProbes: ReadonlySet<string> = new Set(syncProtocols.map((protocol) => `sync-${protocol}`));
const tieBreaks: Readonly<Record<TieBreak, true>> = {
  ...{ "first-in": true, "last-in": true, random: true, "by-kind": true },
};

/** One thing that could be covered, and in how many runs it was. */
export interface Covered {
  readonly concern: "protocol" | "probe" | "fault" | "call" | "tie-break";
  readonly name: string;
  readonly runs: number;
}

type CoveredSpace = Pick<ScenarioSpace, "faults" | "calls" | "membershipShare" | "blobsShare">;

export class Coverage {
  readonly #runs = new Map<string, number>();
  readonly #all: readonly Omit<Covered, "runs">[];

  constructor({ faults, calls, membershipShare, blobsShare }: CoveredSpace) {
    const ofNodes = [...(membershipShare > 0 ? memberMethods : []), ...(blobsShare > 0 ? blobMethods : [])];
    const all = [...calls.map(callName), ...ofNodes.map((method) => callName({ app: ofNode, method }))];
    this.#all = [
      ...probeNames.map((name) => ({ concern: concernOf(name), name })),
      ...faults.map((name: FuzzedFaultKind) => ({ concern: "fault" as const, name })),
      ...Array.from(new Set(all), (name) => ({ concern: "call" as const, name })),
      ...Object.keys(tieBreaks).map((name) => ({ concern: "tie-break" as const, name })),
    ];
  }

  add({ result, executed, tieBreak }: FuzzRun): void {
    const names = [
      ...counted(result.probes),
      ...counted(result.faults).map((kind) => `fault ${kind}`),
      ...executed.map((call) => `call ${call}`),
      `tie-break ${tieBreak}`,
    ];
    for (const name of names) this.#runs.set(name, (this.#runs.get(name) ?? 0) + 1);
  }

  all(): readonly Covered[] {
    return this.#all.map(({ concern, name }) => {
      const key = concern === "protocol" || concern === "probe" ? name : `${concern} ${name}`;
      return { concern, name, runs: this.#runs.get(key) ?? 0 };
    });
  }
}

function counted(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).flatMap(([name, count]) => (count > 0 ? name : []));
}

function concernOf(probe: ProbeName): "protocol" | "probe" {
  return protocolProbes.has(probe) ? "protocol" : "probe";
}
