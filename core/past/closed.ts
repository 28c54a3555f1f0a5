/**
 * Up to where the past is closed: deletions up to that line are collected, and a delta up to it that comes later is
 * refused. The line is one of stamp time, for a delta's stamp is above all stamps below it.
 *
 *   1. A checkpoint asks everyone who might write at its cut, or was excluded there and may return; of whoever answers,
 *      with a first delta above it, also those at the cut of the answer. Who lost its past may answer twice. When all
 *      asked have answered, for some choice of one answer each, it closes the past, for ever, up to its own time less
 *      the context's retention. Exclusion excuses nobody here, removal does.
 *   2. So equal graphs have equal lines, whatever the order in which they grew. Invariant 12.
 *   3. A member's deltas before its answer lie below the answer. What comes late is of an author who was not asked, or
 *      who does not know its own past. While the past could close without an old delta, it is not taken.
 *   4. Who has a delta that some choice closes the past without is astray: others may have closed it by that choice.
 *
 * docs/decisions/0034-collecting.md.
 */

import type { Graph } from "../dag/graph.ts";
import type { Timeliness } from "../delta-store/delta-store.ts";
import { type Fault, fault } from "../fault.ts";
import { compareHlc, type Hlc, laterHlc } from "../hlc.ts";
import { type AuthorId, bytesOf } from "../ids.ts";
import { parentsMax } from "../limits.ts";
import type { Members } from "../members/members.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../wire/expect.ts";

/** By author the first deltas above a checkpoint, none of them below another. Its own author's is itself. */
type Answers = Map<AuthorId, readonly number[]>;

export interface ClosedMemory {
  /** Null until a checkpoint has closed the past. Frozen. */
  line: Hlc | null;
  /** The checkpoint that drew the line. */
  drawnBy: number | null;
  /** Holds deltas that the past may have been closed without: who did so takes neither these nor what is above them. */
  isAstray: boolean;
  /**
   * By the position of a checkpoint: those that may draw a line yet, the one that drew it, and those beside which there
   * are deltas that it may leave behind.
   */
  readonly asking: Map<number, Answers>;
}

export function createClosedMemory(): ClosedMemory {
  return { line: null, drawnBy: null, isAstray: false, asking: new Map() };
}

export interface ClosedParts {
  readonly graph: Graph;
  readonly members: Members;
  /** This node. */
  readonly self: AuthorId;
  /** How long deletions are kept, of stamp time; null: for ever. */
  readonly retentionMs: () => number | null;
}

export class Closed {
  readonly #memory: ClosedMemory;
  readonly #parts: ClosedParts;

  constructor(memory: ClosedMemory, parts: ClosedParts) {
    this.#memory = memory;
    this.#parts = parts;
  }

  get line(): Hlc | null {
    return this.#memory.line;
  }

  get isAstray(): boolean {
    return this.#memory.isAstray;
  }

  /** Why nothing more can be written here; null where it can. */
  get strayed(): Fault | null {
    const what = "this copy has changes that came too late for the others";
    return this.isAstray
      ? fault("too-late", `${what}: delete the context on this node and join it again`)
      : null;
  }

  /** The line, once all that are asking have closed as well. */
  get lineToCome(): Hlc | null {
    return Array.from(this.#memory.asking.keys(), (position) => this.#lineOf(position)).reduce(
      laterHlc,
      this.line,
    );
  }

  /** Is the line, where there is one, drawn as well for whoever has these of the deltas here? */
  isDrawnFor(has: (position: number) => boolean): boolean {
    const { drawnBy } = this.#memory;
    return drawnBy === null || (has(drawnBy) && this.#closes(drawnBy, { counts: has }));
  }

  /** The line that a checkpoint of this time would draw. */
  lineFrom(at: Hlc): Hlc | null {
    const retentionMs = this.#parts.retentionMs();
    if (retentionMs === null || at.ms < retentionMs) return null;
    return Object.freeze({ ms: at.ms - retentionMs, counter: at.counter });
  }

  /** May a delta that is not known yet count, as this node should judge? O(answers to those asking, and whom they ask). */
  timelinessOf(author: AuthorId, at: () => Hlc): Timeliness {
    const { line, asking } = this.#memory;
    if (line === null && asking.size === 0) return timely;
    const time = at();
    if (this.isTooLate(time)) return fault("too-late", "it is older than a past that was closed without it");
    const older = Array.from(asking.keys()).filter((position) => this.#isBehind(time, position));
    // The author's own answer will be above it; and what this node takes now will lie below its answer.
    const isVouchedFor = (above: Iterable<AuthorId>) => {
      const vouching = new Set([author, this.#parts.self, ...above]);
      return !older.some((position) => this.#closes(position, { mayAnswer: (each) => !vouching.has(each) }));
    };
    return isVouchedFor([]) ? timely : { kind: "held", isVouchedFor };
  }

  /** Does a delta of this time, unknown until now, come too late for ever? */
  isTooLate(at: Hlc): boolean {
    return this.line !== null && compareHlc(at, this.line) <= 0;
  }

  /** A delta was applied, which is late only where it came with a state. */
  applied(position: number): void {
    this.#memory.isAstray ||= this.isTooLate(this.#parts.graph.at(position).at);
  }

  /** A checkpoint was applied. */
  begin(position: number, author: AuthorId): void {
    if (this.#lineOf(position) === null || !this.isOnAll(position)) return;
    this.#memory.asking.set(position, new Map([[author, [position]]]));
    this.#look(position);
  }

  /** Does it surely stand on all that its author had? On as many heads as there may be parents, some may be left out. */
  isOnAll(position: number): boolean {
    return this.#parts.graph.parentsAt(position).length < parentsMax;
  }

  /** The position of the oldest checkpoint that is asking; null: none. */
  get oldestAsking(): number | null {
    const [oldest = null] = this.#memory.asking.keys();
    return oldest;
  }

  /** An author stands above a checkpoint, by a delta that is on all it had. Was this known? */
  answered(position: number, author: AuthorId, by: number): "known" | "new" | "not-asking" {
    const answers = this.#memory.asking.get(position);
    if (answers === undefined) return "not-asking";
    const own = answers.get(author) ?? [];
    if (own.some((answer) => this.#parts.graph.isBelow(answer, by))) return "known";
    answers.set(author, Object.freeze([...own, by]));
    this.#look(position);
    return "new";
  }

  /** What is stored of it. */
  save(): unknown {
    const { line, drawnBy, isAstray, asking } = this.#memory;
    const answers = Array.from(asking, ([position, each]) => [
      position,
      Array.from(each, ([author, by]) => [bytesOf(author), by]),
    ]);
    const drawn = drawnBy === null ? [] : [drawnBy];
    return [line === null ? [] : [line.ms, line.counter], drawn, isAstray, answers];
  }

  /** Reads what was stored when there were `count` deltas. For use inside `decoding`. */
  load(stored: unknown, count: number): void {
    const expectPosition = (value: unknown) => expectInteger(value, count - 1);
    const [line, drawn, isAstray, asking] = expectFields(stored, 4, "a closed past");
    const [ms, counter] = expectList(line, 2, (part) => expectInteger(part, Number.MAX_SAFE_INTEGER));
    this.#memory.line = ms === undefined || counter === undefined ? null : Object.freeze({ ms, counter });
    [this.#memory.drawnBy = null] = expectList(drawn, 1, expectPosition);
    this.#memory.isAstray = isAstray === true;
    for (const entry of expectList(asking, count, (each) => expectFields(each, 2, "an asking checkpoint"))) {
      const answers = expectList(entry[1], count, (each) => {
        const [author, by] = expectFields(each, 2, "answers");
        return [
          expectByteString<AuthorId>(author),
          Object.freeze(expectList(by, count, expectPosition)),
        ] as const;
      });
      this.#memory.asking.set(expectPosition(entry[0]), new Map(answers));
    }
  }

  #lineOf(position: number): Hlc | null {
    return this.lineFrom(this.#parts.graph.at(position).at);
  }

  /** Is something of this time as old as the line of a checkpoint? */
  #isBehind(at: Hlc, position: number): boolean {
    const line = this.#lineOf(position);
    return line !== null && compareHlc(at, line) <= 0;
  }

  /** A checkpoint asks, or has one answer more. */
  #look(position: number): void {
    const memory = this.#memory;
    const line = this.#lineOf(position);
    if (line === null) return;
    if (this.isTooLate(line)) return this.#settle(position);
    if (!this.#closes(position, {})) return;
    const [before, drawnBefore] = [memory.line, memory.drawnBy];
    memory.line = line;
    memory.drawnBy = position;
    // Of these no more can come now than is here.
    for (const other of memory.asking.keys()) {
      const own = this.#lineOf(other);
      const isPassed = before === null || own === null || compareHlc(own, before) > 0;
      if (own !== null && this.isTooLate(own) && (isPassed || other === drawnBefore)) this.#settle(other);
    }
  }

  /** What is up to the line of a checkpoint is all there: may the past be closed without some of it? */
  #settle(position: number): void {
    const memory = this.#memory;
    const { graph } = this.#parts;
    const beside = this.#beside(position);
    // What lies below the checkpoint lies below every choice.
    if (beside.length === 0 && position !== memory.drawnBy) memory.asking.delete(position);
    memory.isAstray ||= beside.some((old) =>
      this.#closes(position, { counts: (answer) => !graph.isBelow(old, answer) }),
    );
  }

  /** What is up to the line of a checkpoint and not below it. O(deltas not below it, log of that). */
  #beside(position: number): readonly number[] {
    const { graph } = this.#parts;
    const ids = graph.since([graph.at(position).id]);
    return graph.positionsOf(ids).filter((each) => this.#isBehind(graph.at(each).at, position));
  }

  /**
   * Has everyone answered who is asked by a checkpoint and by one answer each, of those that count? `mayAnswer`: who is
   * taken to answer where it has not, asking nobody more. It is the most authors who each can answer with nobody asked
   * but them. O(answers, and whom each cut asks) until none of them drops out.
   */
  #closes(position: number, { counts = always, mayAnswer = never }: Counting): boolean {
    const { members } = this.#parts;
    const answers = this.#memory.asking.get(position) ?? new Map();
    const out = new Set<AuthorId>();
    const isIn = (author: AuthorId) => (answers.has(author) ? !out.has(author) : mayAnswer(author));
    const isClosed = () => members.answerersAt(position).every(isIn);
    for (let before = -1; before !== out.size; ) {
      if (!isClosed()) return false;
      before = out.size;
      const known = new Map<number, boolean>();
      const asksThese = (answer: number) => {
        const cut = members.cutAt(answer);
        const asks = known.get(cut) ?? members.answerersAt(answer).every(isIn);
        known.set(cut, asks);
        return asks;
      };
      for (const [author, own] of answers)
        if (!out.has(author) && !own.some((each: number) => counts(each) && asksThese(each))) out.add(author);
    }
    return isClosed();
  }
}

interface Counting {
  readonly counts?: (answer: number) => boolean;
  readonly mayAnswer?: (author: AuthorId) => boolean;
}

const always = () => true;
const never = () => false;
const timely: Timeliness = Object.freeze({ kind: "timely" });
