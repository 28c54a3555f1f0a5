/** A run at one moment: the world and what the oracles remember. A value: nothing that runs on changes it. */

import type { CommutativityMemory } from "./oracles/commutativity.ts";
import type { DifferentialMemory } from "./oracles/differential.ts";
import type { HandlerRunsMemory } from "./oracles/handler-runs.ts";
import type { HealedCoreMemory } from "./oracles/healed-core.ts";
import type { JoinedMemory } from "./oracles/joined.ts";
import type { LivesMemory } from "./oracles/lives.ts";
import type { OraclesMemory, Violation } from "./oracles/oracles.ts";
import type { OutsidersMemory } from "./oracles/outsiders.ts";
import type { WatchMemory } from "./oracles/watch.ts";
import type { Plan } from "./plan/plan.ts";
import type { PropagationMemory } from "./propagation.ts";
import type { SimulationResult } from "./result.ts";
import type { SimulationOptions } from "./simulation.ts";
import type { WorldSnapshot } from "./world/snapshot.ts";

/** Who is told what happens. They belong to one run, and not to its snapshots. */
export type Listeners = Pick<SimulationOptions, "onEvent" | "traceListener">;

export interface SimulationMemory {
  readonly acknowledged: number;
  readonly refused: number;
  /** Whether something changed since convergence was last looked at. */
  readonly isDirty: boolean;
  readonly judgedEvent: number | null;
  readonly violations: Violation[];
  readonly propagation: PropagationMemory;
  readonly handlerRuns: HandlerRunsMemory;
  readonly oracles: OraclesMemory;
  readonly commutativity: CommutativityMemory;
  readonly differential: DifferentialMemory;
  readonly joined: JoinedMemory;
  readonly outsiders: OutsidersMemory;
  readonly lives: LivesMemory;
  /** Over everything, then one for each `converged` expectation. */
  readonly watches: readonly WatchMemory[];
  /** Once the plan's time is over and a core was healed. */
  readonly final: HealedCoreMemory | null;
  /** Of a run that was finished. */
  readonly result: SimulationResult | null;
}

export interface Snapshot {
  readonly plan: Plan;
  /** Virtual time, and how many events were handled. */
  readonly timeUs: number;
  readonly events: number;
  readonly options: Omit<SimulationOptions, "from" | keyof Listeners>;
  readonly world: WorldSnapshot;
  readonly memory: SimulationMemory;
}
