// Run in a process of its own: prints what a breezy run came to, for comparison with another process.

import { createPlanSimulation } from "../../sim/host/simulate.ts";
import { breezyPlan } from "./small-plans.ts";

const plan = breezyPlan(Number(process.argv[2]));
const { traceHash, events, outcome, contexts } = createPlanSimulation(plan).finish();
console.log(JSON.stringify({ traceHash, events, outcome, contexts }));
