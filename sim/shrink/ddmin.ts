/**
 * Delta debugging: as few of a list as still do it. Source: Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input" (2002), with complements only, and large parts tried first.
 *
 * 1. The result is 1-minimal when nothing but the list decides: without any one of its entries it no longer does it.
 */

/** `does` tells whether a part of the list, in its order, still does it; the whole list is known to. */
export function ddmin<Entry>(
  list: readonly Entry[],
  does: (part: readonly Entry[]) => boolean,
): readonly Entry[] {
  if (list.length === 0 || does([])) return [];
  let kept = list;
  let size = Math.ceil(kept.length / 2);
  for (;;) {
    const smaller = withoutOnePart(kept, size, does);
    if (smaller.length < kept.length) {
      kept = smaller;
      size = Math.min(size, Math.ceil(kept.length / 2));
    } else if (size === 1) {
      return kept;
    } else {
      size = Math.ceil(size / 2);
    }
  }
}

/** Takes out each part of this size that is not needed, from the end: what comes late is needed least. */
function withoutOnePart<Entry>(
  list: readonly Entry[],
  size: number,
  does: (part: readonly Entry[]) => boolean,
): readonly Entry[] {
  let kept = list;
  for (let end = kept.length; end > 0; end -= size) {
    const part = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
    if (part.length > 0 && does(part)) kept = part;
  }
  return kept;
}
