/** What a delta that is made now stands on. */

import { present } from "./assert.ts";
import type { Graph } from "./dag/graph.ts";
import { compareHlc } from "./hlc.ts";
import type { AuthorId, DeltaId } from "./ids.ts";
import { parentsMax } from "./limits.ts";
import type { Members } from "./members/members.ts";
import { mayWrite } from "./members/permission.ts";

/**
 * The heads; of too many first those on which this node may write, then those with the latest stamps, so that the write
 * is allowed and stands above all it was made on.
 */
export function parentsOf(graph: Graph, members: Members, author: AuthorId): readonly DeltaId[] {
  const heads = graph.heads();
  if (heads.length <= parentsMax) return heads;
  const at = (id: DeltaId) => present(graph.get(id), "a head").at;
  const mayWriteOn = new Map(heads.map((id) => [id, mayWrite(members.roleAbove([id], author)) ? 0 : 1]));
  const rankOf = (id: DeltaId) => mayWriteOn.get(id) ?? 1;
  return [...heads]
    .sort((a, b) => rankOf(a) - rankOf(b) || compareHlc(at(b), at(a)) || (a < b ? -1 : 1))
    .slice(0, parentsMax)
    .sort();
}
