/**
 * What a run leaves to be compared with another: a digest, a time and a node for each input that was handled, and the
 * hash chain over them. Two runs are bisected by their chains to a block, and in it to the first input that differs.
 */

import { checkpointEvents, type TraceListener } from "../core/trace.ts";

/** Columns by handled input, the first at 0. */
export interface Recording {
  readonly digests: Uint32Array;
  readonly timesUs: Float64Array;
  readonly nodes: Uint32Array;
  /** The hash after every 4,096 handled inputs. */
  readonly checkpoints: readonly string[];
  readonly traceHash: string;
}

export interface RecordedInput {
  readonly timeUs: number;
  /** By its index in the plan. */
  readonly node: number;
}

export interface Difference {
  /** How many handled inputs both runs had in common; the next one differs. */
  readonly afterInputs: number;
  /** That input, as the two runs had it; null where a run had ended. */
  readonly first: RecordedInput | null;
  readonly second: RecordedInput | null;
}

/** Listens to one run. Its columns grow as they must. */
export class Recorder {
  #digests = new Uint32Array(1_024);
  #timesUs = new Float64Array(1_024);
  #nodes = new Uint32Array(1_024);
  #count = 0;

  readonly listener: TraceListener = ({ timeUs, node, digest32 }) => {
    if (this.#count === this.#digests.length) this.#grow();
    this.#digests[this.#count] = digest32;
    this.#timesUs[this.#count] = timeUs;
    this.#nodes[this.#count] = node;
    this.#count += 1;
  };

  /** What was heard so far of the run whose trace this is. */
  recording(trace: { readonly checkpoints: readonly string[]; hash(): string }): Recording {
    return {
      digests: this.#digests.slice(0, this.#count),
      timesUs: this.#timesUs.slice(0, this.#count),
      nodes: this.#nodes.slice(0, this.#count),
      checkpoints: trace.checkpoints.slice(),
      traceHash: trace.hash(),
    };
  }

  #grow(): void {
    const size = this.#count * 2;
    const [digests, timesUs, nodes] = [this.#digests, this.#timesUs, this.#nodes];
    this.#digests = new Uint32Array(size);
    this.#timesUs = new Float64Array(size);
    this.#nodes = new Uint32Array(size);
    this.#digests.set(digests);
    this.#timesUs.set(timesUs);
    this.#nodes.set(nodes);
  }
}

/** Null when both had the same history. O(log checkpoints + 4,096). */
export function firstDifference(first: Recording, second: Recording): Difference | null {
  if (first.traceHash === second.traceHash) return null;
  const afterInputs = commonInputs(first, second);
  const isWhole = afterInputs === first.digests.length && afterInputs === second.digests.length;
  if (isWhole && first.checkpoints.at(-1) === second.checkpoints.at(-1)) return null;
  return { afterInputs, first: inputAt(first, afterInputs), second: inputAt(second, afterInputs) };
}

function commonInputs(first: Recording, second: Recording): number {
  // A checkpoint covers all before it, so equal ones come first and bisecting finds the last of them.
  let [equal, different] = [0, Math.min(first.checkpoints.length, second.checkpoints.length) + 1];
  while (different - equal > 1) {
    const middle = (equal + different) >> 1;
    if (first.checkpoints[middle - 1] === second.checkpoints[middle - 1]) equal = middle;
    else different = middle;
  }
  const end = Math.min(first.digests.length, second.digests.length);
  let common = Math.min(equal * checkpointEvents, end);
  while (common < end && first.digests[common] === second.digests[common]) common += 1;
  return common;
}

function inputAt({ timesUs, nodes }: Recording, index: number): RecordedInput | null {
  const [timeUs, node] = [timesUs[index], nodes[index]];
  return timeUs === undefined || node === undefined ? null : { timeUs, node };
}

/** Of a recording only so many inputs: what a run that was stopped there is compared with. */
export function recordedUntil(recording: Recording, inputs: number): Recording {
  const checkpoints = recording.checkpoints.slice(0, Math.floor(inputs / checkpointEvents));
  return { ...recording, digests: recording.digests.subarray(0, inputs), checkpoints };
}
