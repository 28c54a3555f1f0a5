/**
 * What cold sessions with one peer may cost: each makes a view of a whole history, so they are paid for by its
 * length in deltas. Many short histories cost little; a peer that opens one cold session after the other is
 * answered `busy`.
 */

import { Budget, type BudgetMemory } from "../budget.ts";

export type ColdBudgetMemory = BudgetMemory;

export class ColdBudget extends Budget {
  constructor(memory: ColdBudgetMemory) {
    // About half a second of work at once, and a twentieth of the time from then on.
    super(memory, { max: 2_000_000, perMs: 200, least: 500 });
  }
}
