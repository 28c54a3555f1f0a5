/** How many deltas one node applies a second, in the core alone: real signatures, commits handed to memory. */

import type { ContextId, DeltaId } from "../core/ids.ts";
import { BenchNode } from "./bench-node.ts";
import { row, spread } from "./figures.ts";

const deltas = 10_000;
const rounds = 5;

export function benchApply(): void {
  const authored: number[] = [];
  const applied: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const author = BenchNode.start("author", { seed: 1 });
    const contextId = author.create();
    const messages: Uint8Array[] = [];
    authored.push(
      rate(() => {
        for (let nth = 0; nth < deltas; nth += 1) messages.push(...write(author, contextId, nth));
      }),
    );
    const reader = BenchNode.start("reader", { seed: 2 });
    reader.join(contextId, author.sealed(contextId as string as DeltaId));
    applied.push(
      rate(() => {
        for (const message of messages) reader.hear(contextId, message);
      }),
    );
  }
  row("deltas a node makes, signs and applies, a second", spread(authored));
  row("received deltas a node verifies and applies, a second", spread(applied));
}

function write(author: BenchNode, contextId: ContextId, nth: number): readonly Uint8Array[] {
  return author.set(contextId, `k${nth % 2_000}`, `value ${nth} of thirty-two characters`);
}

/** Deltas a second. */
function rate(work: () => void): number {
  const startMs = performance.now();
  work();
  return (deltas / (performance.now() - startMs)) * 1_000;
}
