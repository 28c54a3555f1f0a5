/** Of all writes to shared storage, those that were allowed where they were made: judged delta by delta, in causal order. */

import type { AuthorId, DeltaId } from "../../../core/ids.ts";
import { compareTimes, type Step, type Write } from "./history.ts";

interface Rotation {
  readonly write: Write;
  readonly writers: readonly AuthorId[];
}

export function validShared(steps: readonly Step[], creator: AuthorId): ReadonlySet<Write> {
  const valid = new Set<Write>();
  const places = new Set(
    steps.flatMap(({ writes }) =>
      writes.flatMap((write) => (write.action.type === "shared" ? [placeOf(write)] : [])),
    ),
  );
  for (const place of places) judge(place, { steps, creator, valid });
  return valid;
}

function judge(
  place: string,
  about: { readonly steps: readonly Step[]; readonly creator: AuthorId; readonly valid: Set<Write> },
): void {
  /** By delta: the rotation that decides for whoever writes on top of it. */
  const deciding = new Map<DeltaId, Rotation | null>();
  for (const { delta, writes } of about.steps) {
    const below = delta.parents.reduce<Rotation | null>(
      (last, parent) => latest(last, deciding.get(parent) ?? null),
      null,
    );
    const allowed = (below?.writers ?? [about.creator]).includes(delta.author);
    let above = below;
    for (const write of writes) {
      if (!allowed || write.action.type !== "shared" || placeOf(write) !== place) continue;
      about.valid.add(write);
      const { change } = write.action;
      if (change.kind === "rotate") above = latest(above, { write, writers: change.writers });
    }
    deciding.set(delta.id, above);
  }
}

function placeOf({ action: { collection, key } }: Write): string {
  return JSON.stringify([collection, key]);
}

/** By time; of equally late ones the larger name. */
function latest(a: Rotation | null, b: Rotation | null): Rotation | null {
  if (a === null || b === null) return a ?? b;
  const byTime = compareTimes(a.write.time, b.write.time);
  if (byTime !== 0) return byTime > 0 ? a : b;
  if (a.write.delta !== b.write.delta) return a.write.delta > b.write.delta ? a : b;
  return a.write.index >= b.write.index ? a : b;
}
