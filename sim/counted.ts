/** Counts as reports say them. */

/** `1 call`, `2 calls`; what has another plural gives it. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
