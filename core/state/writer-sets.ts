/**
 * Who might write a shared entity where a delta was made. Invariant 13: of the entity's valid rotations at or below
 * the delta's parents the latest decides; before any the creator writes. What is applied later lies beside or above, so
 * an answer never changes, in whatever order a replica learned of things, and may be remembered.
 *
 * docs/decisions/0013-writer-sets-at-the-cut.md.
 */

import type { CausalDelta } from "../dag/delta.ts";
import type { Graph } from "../dag/graph.ts";
import type { AuthorId, DeltaId, EntityId } from "../ids.ts";
import type { EntityOf } from "./entity.ts";
import { latestRotation, type Rotation } from "./types/shared.ts";

type Shared = EntityOf<"shared">;

/** By position: what decides for a delta's children that have no other parent. */
type Deciding = Map<number, Rotation | null>;

export class WriterSets {
  readonly #graph: Graph;
  readonly #creator: () => AuthorId;
  readonly #rememberedMax: number;
  /** A cache: every answer follows from graph and entity. */
  readonly #deciding = new Map<EntityId, Deciding>();
  #remembered = 0;

  /** Until a rotation the context's creator writes alone. All answers are forgotten when they are more than so many. */
  constructor(graph: Graph, options: { readonly creator: () => AuthorId; readonly rememberedMax?: number }) {
    this.#graph = graph;
    this.#creator = options.creator;
    this.#rememberedMax = options.rememberedMax ?? 100_000;
  }

  /**
   * Did its author write this entity by right? Asked of a delta in the graph when all applied before it are joined:
   * on its application, and again where a start joins what was not yet written of the state.
   */
  admits({ id, author, parents }: CausalDelta, held: Shared | undefined): boolean {
    // Alone on top, it has everything else beneath it.
    const isWhole = this.#graph.headCount === 1 && this.#graph.at(this.#graph.count - 1).id === id;
    return this.#writersAt(held, parents, isWhole).includes(author);
  }

  /** Who may write the entity (undefined: one that is not there) in a delta to be made on these heads. */
  writersOn(heads: readonly DeltaId[], held: Shared | undefined): readonly AuthorId[] {
    return this.#writersAt(held, heads, heads.length === this.#graph.headCount);
  }

  /**
   * O(rotations) where nothing known lies outside the cut (`isWhole`); else, over all calls for one entity, O(deltas
   * above its first rotation) as long as they are remembered.
   */
  #writersAt(held: Shared | undefined, parents: readonly DeltaId[], isWhole: boolean): readonly AuthorId[] {
    const rotations = held?.content.rotations ?? [];
    if (held === undefined || rotations.length === 0) return [this.#creator()];
    const decides = isWhole ? latestRotation(rotations) : this.#decidingAt(held, parents);
    return decides?.writers ?? [this.#creator()];
  }

  #decidingAt(held: Shared, parents: readonly DeltaId[]): Rotation | null {
    const positions = this.#graph.positionsOf(parents);
    const deciding = this.#learn(held, positions);
    return latestRotation(positions.map((position) => deciding.get(position) ?? null));
  }

  /** Answers for the positions and for all below them, down to the entity's first rotation. */
  #learn({ id, content: { rotations } }: Shared, positions: readonly number[]): Deciding {
    const made = this.#byPosition(rotations);
    const lowest = Array.from(made.keys(), (position) => this.#graph.generationAt(position)).reduce((a, b) =>
      Math.min(a, b),
    );
    const deciding = this.#rememberedOf(id);
    const unknown = new Set<number>();
    const open = [...positions];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { generation, parents } = this.#graph.at(next);
      if (generation < lowest || unknown.has(next) || deciding.has(next)) continue;
      unknown.add(next);
      open.push(...parents);
    }
    // Positions ascend in a causal order: parents are answered first.
    for (const position of Array.from(unknown).sort((a, b) => a - b)) {
      const below = this.#graph.parentsAt(position).map((parent) => deciding.get(parent) ?? null);
      deciding.set(position, latestRotation([made.get(position) ?? null, ...below]));
    }
    this.#remembered += unknown.size;
    return deciding;
  }

  /** Of each delta that rotated, its last rotation. */
  #byPosition(rotations: readonly Rotation[]): ReadonlyMap<number, Rotation> {
    const positions = this.#graph.positionsOf(rotations.map(({ delta }) => delta as DeltaId));
    // Sorted by name: the last of a delta's own comes last.
    return new Map(positions.map((position, index) => [position, rotations[index] as Rotation]));
  }

  #rememberedOf(id: EntityId): Deciding {
    if (this.#remembered > this.#rememberedMax) {
      this.#deciding.clear();
      this.#remembered = 0;
    }
    const known = this.#deciding.get(id) ?? new Map();
    this.#deciding.set(id, known);
    return known;
  }
}
