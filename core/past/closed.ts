/**
 * Up to where the past is closed: deletions up to that line are collected, and a delta up to it that comes later is
 * refused. The line is one of stamp time, for a delta's stamp is above all stamps below it.
 *
 *   1. A checkpoint asks everyone who might write at its cut, or was excluded there and may return; of whoever answers,
 *      with the first delta above it, also those at the cut of the answer. When all asked have answered it closes the
 *      past, for ever, up to its own time less the context's retention. Exclusion excuses nobody here, removal does.
 *   2. So equal graphs have equal lines, whatever the order in which they grew. Invariant 12.
 *   3. A member's deltas before its answer lie below the answer. What comes late is of an author who was not asked, or
 *      who denies its own past. While a checkpoint is open, who has answered takes of such old deltas only what lies below
 *      a delta of someone who was asked: else the past could close without what was joined already.
 *
 * docs/decisions/0034-collecting.md.
 */

import { present } from "../assert.ts";
import type { Graph } from "../dag/graph.ts";
import type { Timeliness } from "../delta-store/delta-store.ts";
import { type Fault, fault } from "../fault.ts";
import { compareHlc, type Hlc, laterHlc } from "../hlc.ts";
import { type AuthorId, bytesOf } from "../ids.ts";
import type { Members } from "../members/members.ts";
import { expectByteString, expectFields, expectInteger, expectList } from "../wire/expect.ts";

/** A checkpoint that not all have answered. By author the position of the answer; its own author's is itself. */
type Answers = Map<AuthorId, number>;

export interface ClosedMemory {
  /** Null until a checkpoint has closed the past. Frozen. */
  line: Hlc | null;
  /** The deltas that drew the line, the checkpoint and its answers: who has them knows that it is drawn. */
  by: readonly number[];
  /** Holds deltas that came after the line was drawn without them: nobody else takes these, nor what is above them. */
  isAstray: boolean;
  /** By the position of a checkpoint. */
  readonly open: Map<number, Answers>;
}

export function createClosedMemory(): ClosedMemory {
  return { line: null, by: Object.freeze([]), isAstray: false, open: new Map() };
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

  /** Positions of the deltas that drew the line. */
  get drawnBy(): readonly number[] {
    return this.#memory.by;
  }

  /** The line, once all that are open have closed as well. */
  get lineToCome(): Hlc | null {
    return Array.from(this.#memory.open.keys(), (position) => this.#lineOf(position)).reduce(
      laterHlc,
      this.line,
    );
  }

  /** The line that a checkpoint of this time would draw. */
  lineFrom(at: Hlc): Hlc | null {
    const retentionMs = this.#parts.retentionMs();
    if (retentionMs === null || at.ms < retentionMs) return null;
    return Object.freeze({ ms: at.ms - retentionMs, counter: at.counter });
  }

  /** May a delta that is not known yet count, as this node should judge, and once whose word is heard? O(open checkpoints). */
  timelinessOf(author: AuthorId, at: () => Hlc): Timeliness {
    const { line, open } = this.#memory;
    if (line === null && open.size === 0) return timely;
    const time = at();
    if (this.isTooLate(time)) return fault("too-late", "it is older than a past that was closed without it");
    const vouchers = this.#vouchersFor(time, author);
    return vouchers.length === 0 ? timely : { kind: "held", vouchers };
  }

  /** Does a delta of this time, unknown until now, come too late for ever? */
  isTooLate(at: Hlc): boolean {
    return this.line !== null && compareHlc(at, this.line) <= 0;
  }

  /** For each open checkpoint that a delta of this time is too old for: those asked who have not answered. */
  #vouchersFor(at: Hlc, author: AuthorId): readonly ReadonlySet<AuthorId>[] {
    const vouchers: ReadonlySet<AuthorId>[] = [];
    for (const [position, answers] of this.#memory.open) {
      const line = this.#lineOf(position);
      if (line === null || compareHlc(at, line) > 0) continue;
      const awaited = this.#awaited(position, answers);
      // The author's own answer will be above it; and what this node takes now will lie below its answer.
      if (!awaited.has(author) && !awaited.has(this.#parts.self)) vouchers.push(awaited);
    }
    return vouchers;
  }

  /** A delta was applied, which is late only where it came with a state. */
  applied(position: number): void {
    this.#memory.isAstray ||= this.isTooLate(this.#parts.graph.at(position).at);
  }

  /** A checkpoint was applied. */
  begin(position: number, author: AuthorId): void {
    const line = this.#lineOf(position);
    if (line === null || this.isTooLate(line)) return;
    const answers: Answers = new Map([[author, position]]);
    this.#memory.open.set(position, answers);
    this.#closeIfAnswered(position, answers);
  }

  /** An author stands above a checkpoint. Was this not known? */
  answered(position: number, author: AuthorId, by: number): boolean {
    const answers = this.#memory.open.get(position);
    if (answers === undefined || answers.has(author)) return false;
    answers.set(author, by);
    this.#closeIfAnswered(position, answers);
    return true;
  }

  /** What is stored of it. */
  save(): unknown {
    const { line, by, isAstray, open } = this.#memory;
    const answers = Array.from(open, ([position, each]) => [
      position,
      Array.from(each, ([author, at]) => [bytesOf(author), at]),
    ]);
    return [line === null ? [] : [line.ms, line.counter], by, isAstray, answers];
  }

  /** Reads what was stored when there were `count` deltas. For use inside `decoding`. */
  load(stored: unknown, count: number): void {
    const expectPosition = (value: unknown) => expectInteger(value, count - 1);
    const [line, by, isAstray, open] = expectFields(stored, 4, "a closed past");
    const [ms, counter] = expectList(line, 2, (part) => expectInteger(part, Number.MAX_SAFE_INTEGER));
    this.#memory.line = ms === undefined || counter === undefined ? null : Object.freeze({ ms, counter });
    this.#memory.by = Object.freeze(expectList(by, count, expectPosition));
    this.#memory.isAstray = isAstray === true;
    for (const entry of expectList(open, count, (each) => expectFields(each, 2, "an open checkpoint"))) {
      const answers = expectList(entry[1], count, (each) => {
        const [author, at] = expectFields(each, 2, "an answer");
        return [expectByteString<AuthorId>(author), expectPosition(at)] as const;
      });
      this.#memory.open.set(expectPosition(entry[0]), new Map(answers));
    }
  }

  #lineOf(position: number): Hlc | null {
    return this.lineFrom(this.#parts.graph.at(position).at);
  }

  /** Those asked who have not answered. */
  #awaited(position: number, answers: Answers): ReadonlySet<AuthorId> {
    const asked = Array.from(this.#asked(position, answers));
    return new Set(asked.filter((author) => !answers.has(author)));
  }

  /** O(members, and those at the cuts of answers). */
  #asked(position: number, answers: Answers): ReadonlySet<AuthorId> {
    const { members } = this.#parts;
    const looked = new Set<number>();
    const asked = new Set(members.answerersAt(position));
    for (const author of asked) {
      const by = answers.get(author);
      if (by === undefined || looked.has(members.cutAt(by))) continue;
      looked.add(members.cutAt(by));
      // Grows while it is gone through.
      for (const other of members.answerersAt(by)) asked.add(other);
    }
    return asked;
  }

  /** Is something so old not below those who drew the line? O(deltas above these, log of that). */
  #leavesBehind(line: Hlc): boolean {
    const { graph } = this.#parts;
    const beside = graph.since(this.#memory.by.map((position) => graph.at(position).id));
    return beside.some((id) => compareHlc(present(graph.get(id), "a delta beside").at, line) <= 0);
  }

  #closeIfAnswered(position: number, answers: Answers): void {
    const asked = this.#asked(position, answers);
    // The answers of others may have come before it closes here and after it elsewhere.
    const by = Array.from(asked, (author) => answers.get(author));
    if (!by.every((each) => each !== undefined)) return;
    const memory = this.#memory;
    const line = this.#lineOf(position);
    memory.open.delete(position);
    if (line === null || (memory.line !== null && compareHlc(line, memory.line) <= 0)) return;
    memory.line = line;
    memory.by = Object.freeze(Array.from(new Set([position, ...by])));
    memory.isAstray ||= this.#leavesBehind(line);
    // These could draw none that is further.
    for (const other of memory.open.keys())
      if (compareHlc(this.#lineOf(other) ?? line, line) <= 0) memory.open.delete(other);
  }
}

const timely: Timeliness = Object.freeze({ kind: "timely" });
