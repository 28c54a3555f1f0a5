/**
 * Collections as paths. A field of an application is a collection by its name; what is nested under a key of a map
 * is the collection `field/key`, to any depth, with `%`, `/` and `~` in keys written `%25`, `%2F` and `%7E`.
 * A collection whose name ends with `~` is kept in the order of its keys.
 */

import { collectionCharactersMax, keyCharactersMax, sortedKeyCharactersMax } from "../limits.ts";

/**
 * Collections of the node's own, beside those of a context's application: no field of an application begins so (see
 * `defineApp`), and what is nested in one begins with its field.
 */
export const reservedMark = ".";

/** How long the collection of what is nested under a key may be: there is room left for the mark of a sorted one. */
export const nestedCharactersMax = collectionCharactersMax - 1;

/** The collection of what is nested under a key. */
export function nestedCollection(collection: string, key: string): string {
  return `${collection}/${key.replaceAll("%", "%25").replaceAll("/", "%2F").replaceAll("~", "%7E")}`;
}

const sortedMark = "~";

/** The sorted collection beside one that is not. */
export function sortedCollection(collection: string): string {
  return collection + sortedMark;
}

export function isSorted(collection: string): boolean {
  return collection.endsWith(sortedMark);
}

/** How long a key may be there: characters. */
export function keyCharactersMaxIn(collection: string): number {
  return isSorted(collection) ? sortedKeyCharactersMax : keyCharactersMax;
}

/** The containers a collection lies in, the nearest first. O(depth). */
export function containersAbove(
  collection: string,
): readonly { readonly collection: string; readonly key: string }[] {
  const containers: { collection: string; key: string }[] = [];
  for (let path = collection, slash = path.lastIndexOf("/"); slash >= 0; slash = path.lastIndexOf("/")) {
    const key = path
      .slice(slash + 1, isSorted(path) ? -1 : undefined)
      .replaceAll("%7E", "~")
      .replaceAll("%2F", "/")
      .replaceAll("%25", "%");
    path = path.slice(0, slash);
    containers.push({ collection: path, key });
  }
  return containers;
}
