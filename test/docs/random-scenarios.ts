import * as fc from "fast-check";
import { arbitraryScenario, simulate } from "reconverge/sim";

const scenarios = arbitraryScenario({
  nodesMax: 4,
  faults: ["partition", "crash"],
  calls: [
    { app: "counter", method: "increment", args: { key: "k{int 0 3}" } },
    { app: "counter", method: "reset", args: { key: "k0" } },
  ],
});

/** Whatever is cut and whoever crashes: all come to agree, and nothing that was acknowledged is lost. */
const countersReconverge = fc.property(scenarios, (scenario) => {
  const { outcome, violations } = simulate(scenario);
  if (outcome !== "passed") throw new Error(violations[0]?.message);
});

fc.assert(countersReconverge, { numRuns: 10 });
