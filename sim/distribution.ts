/**
 * Latencies drawn from a distribution: a uniform 32-bit word in, whole microseconds out. Distributions with a
 * curve are a table of 4,096 quantiles, drawn straight between two of them, so that a draw is integer arithmetic.
 *
 * A draw never falls below zero and never falls when the word rises.
 */

import { unreachable } from "../core/assert.ts";
import { exponential, naturalLog, normalQuantile } from "./elementary.ts";
import type { LatencyPlan } from "./plan/plan.ts";

const two32 = 0x1_0000_0000;
const cells = 4_096;
const wordsPerCell = two32 / cells;
/**
 * Where the first and the last cell begin and end, as the part of a cell that is cut off: an unbounded
 * distribution needs an end. With 1/e² the mean of an exponential comes out right.
 */
const cutOff = 0.1353352832366127;
/** The normal quantile of 0.99. */
const z99 = 2.3263478740408408;

/** A latency in microseconds for a word from 0 to 2^32 - 1. Making it costs O(4,096), a draw O(1). */
export function createLatency(plan: LatencyPlan): (uniform32: number) => number {
  switch (plan.kind) {
    case "constant": {
      const us = microseconds(plan.ms);
      return () => us;
    }
    case "uniform": {
      const minUs = microseconds(plan.minMs);
      const count = microseconds(plan.maxMs) - minUs + 1;
      return (uniform32) => minUs + Math.floor((uniform32 / two32) * count);
    }
    case "exponential":
      return drawFromTable((probability) => -plan.meanMs * naturalLog(1 - probability));
    case "lognormal": {
      const sigma = naturalLog(plan.p99Ms / plan.medianMs) / z99;
      return drawFromTable((probability) => plan.medianMs * exponential(sigma * normalQuantile(probability)));
    }
    default:
      return unreachable(plan);
  }
}

/** `quantileMs` gives the latency that a draw stays below with this probability, between 0 and 1. */
function drawFromTable(quantileMs: (probability: number) => number): (uniform32: number) => number {
  const table = Array.from({ length: cells + 1 }, (_, index) => {
    const cell = Math.min(cells - cutOff, Math.max(cutOff, index));
    return microseconds(quantileMs(cell / cells));
  });
  return (uniform32) => {
    const cell = Math.floor(uniform32 / wordsPerCell);
    const from = table[cell] as number;
    const to = table[cell + 1] as number;
    return from + Math.floor(((to - from) * (uniform32 % wordsPerCell)) / wordsPerCell);
  };
}

function microseconds(ms: number): number {
  return Math.round(ms * 1_000);
}
