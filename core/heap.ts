/** A binary heap over a plain array, so that what is ordered stays plain data. Least by `before` first. */

/** True when `a` must leave the heap before `b`. Must be a strict total order for the heap to be deterministic. */
export type Before<T> = (a: T, b: T) => boolean;

/** Adds an entry. O(log n). */
export function heapPush<T>(heap: T[], entry: T, before: Before<T>): void {
  let hole = heap.length;
  heap.push(entry);
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const above = heap[parent] as T; // parent < hole < length
    if (!before(entry, above)) break;
    heap[hole] = above;
    hole = parent;
  }
  heap[hole] = entry;
}

/** Removes and gives the first entry, or undefined from an empty heap. O(log n). */
export function heapPop<T>(heap: T[], before: Before<T>): T | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let hole = 0;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    // Both indexes are below length here.
    if (child + 1 < heap.length && before(heap[child + 1] as T, heap[child] as T)) child += 1;
    if (!before(heap[child] as T, last)) break;
    heap[hole] = heap[child] as T;
    hole = child;
  }
  heap[hole] = last;
  return first;
}
