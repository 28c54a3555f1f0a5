// Mistakes a protocol engineer could make, each a few words of the core changed. `npm run mutants` plants one at a time
// in a copy of the project and has `reconverge fuzz` look for it; mutants.test.ts sees to it that each still applies.
//
// None of them throws by itself: what finds them must be an oracle that sees the cluster go wrong. What the next session
// or the next message mends is none: a list of missing ids with one too few, say, or a frontier that one side alone
// remembers, which costs time and nothing else.

export interface Edit {
  readonly file: string;
  /** There exactly once. */
  readonly find: string;
  readonly by: string;
}

export interface Mutant {
  readonly name: string;
  /** What goes wrong, in words. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** Random scenarios are not asked for it, since they come to it rarely: this test or scenario finds it. */
  readonly foundBy?: string;
}

function foundBy(file: string, mistake: Mutant): Mutant {
  return { ...mistake, foundBy: file };
}

function mutant(
  name: string,
  what: string,
  ...edits: readonly (readonly [string, string, string])[]
): Mutant {
  return { name, what, edits: edits.map(([file, find, by]) => ({ file, find, by })) };
}

const collectingLaws = "test/core/past/collecting.property.test.ts and collecting.test.ts";
const successorLaws = "test/core/state/successor.property.test.ts";

export const mutants: readonly Mutant[] = [
  mutant("register-last-come-wins", "of two values the one that arrives later wins", [
    "core/state/types/register.ts",
    "join: (a, b, crypto) => (compareValues(a, b, crypto) >= 0 ? a : b),",
    "join: (_a, b) => b,",
  ]),
  mutant("tombstone-lost", "a join forgets the deletion that the other side knows of", [
    "core/state/entity.ts",
    "  const deleted = latest(a.deleted, b.deleted);\n  if (content === a.content",
    "  const deleted = a.deleted;\n  if (content === a.content",
  ]),
  mutant("tombstone-overwrites", "a deletion that arrives later replaces one that was made later", [
    "core/state/entity.ts",
    "  const deleted = latest(a.deleted, b.deleted);\n  if (content === a.content",
    "  const deleted = b.deleted ?? a.deleted;\n  if (content === a.content",
  ]),
  mutant("counter-last-come-wins", "of two tallies of one author the one that arrives later wins", [
    "core/state/types/counter.ts",
    "  if (a.plus >= b.plus && a.minus >= b.minus) return a;\n",
    "  if (b.plus >= 0) return b;\n",
  ]),
  mutant("counter-ignores-resets", "a tally from before a reset is joined with one from after it", [
    "core/state/types/counter.ts",
    "  if (bySince !== 0) return bySince > 0 ? a : b;\n",
    "  if (bySince !== 0) return a;\n",
  ]),
  mutant("set-removal-last-come-wins", "an addition that arrives after its removal is there again", [
    "core/state/types/set-element.ts",
    "if (other === undefined || compareAdders(adder, other) > 0) joined.set",
    "if (other === undefined || compareMoments(adder.at, other.at) >= 0) joined.set",
  ]),
  mutant("container-goes-back", "a container's latest write is the one that arrived last", [
    "core/state/types/container.ts",
    "join: (a, b) => (compareMoments(a.updated, b.updated) >= 0 ? a : b),",
    "join: (a, b) => (b.updated === null ? a : b),",
  ]),
  mutant("text-marks-lost", "of two lists of deleted characters one is dropped", [
    "core/state/types/run.ts",
    "  for (const range of [...a, ...b].sort((x, y) => x.start - y.start)) {",
    "  for (const range of (a.length === 0 ? [...b] : [...a]).sort((x, y) => x.start - y.start)) {",
  ]),
  mutant("stamp-by-arrival", "a delta's time depends on how much a replica has applied before it", [
    "core/delta-store/delta-store.ts",
    "    return deriveStamp(times, hlc);",
    "    return deriveStamp(times, { ...hlc, counter: this.graph.count % 60_000 });",
  ]),
  mutant("stale-root", "a branch whose leaf changed keeps the hash it had", [
    "core/state/tree/state-tree.ts",
    "    loose.hash = null;\n    return loose.kind",
    '    if (loose.kind === "bucket") loose.hash = null;\n    return loose.kind',
  ]),
  mutant("root-of-the-written", "the root told is that of the state as it was last written", [
    "core/state/state-store.ts",
    "return this.#tree.root(pinned?.root);",
    "return this.#tree.root(pinned?.root ?? this.#memory.tree.written);",
  ]),
  mutant("fresh-forgotten", "entities not yet written are dropped where many are joined", [
    "core/state/state-store.ts",
    "    for (const entity of fresh.values()) this.#records.putEntity(entity, turn);\n",
    "    for (const entity of fresh.values()) this.#records.putEntity(entity, turn);\n    if (fresh.size > 8) this.#memory.tree.root = this.#memory.tree.written;\n",
  ]),
  mutant("children-left-waiting", "of several deltas that waited for one parent only the first is released", [
    "core/delta-store/pending.ts",
    'child.delta.content.kind !== "needs-upgrade") released.push',
    'child.delta.content.kind !== "needs-upgrade" && released.length === 0) released.push',
  ]),
  mutant("wake-up-lost", "what did not fit a turn waits until something else comes", [
    "core/replica.ts",
    "    if (this.deltas.readyCount > 0)\n",
    "    if (this.deltas.readyCount > 1_000_000)\n",
  ]),
  mutant("speaks-before-it-keeps", "what others can see leaves before the commit it rests on is durable", [
    "core/speech-gate.ts",
    "gated[effect.kind] === true && this.#memory.durable < this.#memory.emitted",
    'gated[effect.kind] === true && effect.kind !== "reply" && effect.kind !== "publish" && this.#memory.durable < this.#memory.emitted',
  ]),
  mutant("commit-after-speech", "a turn's commit leaves after what the turn says", [
    "core/turn.ts",
    'return [{ kind: "commit", writes: Array.from(this.#writes) }, ...this.#effects];',
    'return [...this.#effects, { kind: "commit", writes: Array.from(this.#writes) }];',
  ]),
  mutant(
    "clock-not-kept",
    "a node's clock and incarnation begin again with each start",
    [
      "core/author.ts",
      "    this.#memory.hlc = hlc;\n    turn.put",
      "    this.#memory.hlc = hlc;\n    if (hlc.ms < 0) turn.put",
    ],
    [
      "core/contexts.ts",
      "author.load(byteString(random.bytes(8)), turn);",
      "author.load(byteString(new Uint8Array(8)), turn);",
    ],
  ),
  mutant("heads-off-by-one", "a merge takes only its first parent off the heads", [
    "core/dag/graph.ts",
    "for (const parent of delta.parents) heads.delete(this.#idAt(parent));",
    "for (const parent of delta.parents.slice(0, 1)) if (this.count % 3 > 0 || delta.parents.length < 2) heads.delete(this.#idAt(parent));",
  ]),
  mutant("last-delta-not-sent", "what a peer lacks is sent but for the newest delta", [
    "core/dag/graph.ts",
    "return walk.run().map((position) => this.#idAt(position));",
    "return walk.run().slice(0, -1).map((position) => this.#idAt(position));",
  ]),
  mutant("writers-now-and-not-then", "who may write a shared value is judged by what is known now", [
    "core/state/writer-sets.ts",
    "return this.#writersAt(held, parents, isWhole).includes(author);",
    "return this.#writersAt(held, parents, isWhole || parents.length > 0).includes(author);",
  ]),
  mutant("handlers-forgotten", "an event whose delta came together with others runs no handler", [
    "core/owed/queue.ts",
    "if (handler === null) return;",
    "if (handler === null || this.#lines.some((line) => line.hasDue)) return;",
  ]),
  mutant("handlers-lost-in-a-crash", "what is owed is not read again at a start", [
    "core/replica.ts",
    "    this.owed.load(turn);\n",
    "",
  ]),
  mutant("retries-lost-in-a-crash", "of what is owed a start reads only what has not failed yet", [
    "core/owed/queue.ts",
    "    this.#lineOf(0).makeDue();\n    Object",
    "    this.#memory.lines.length = 1;\n    this.#lines.length = 1;\n    this.#lineOf(0).makeDue();\n    Object",
  ]),
  mutant("tried-once-more", "what failed twice is not tried again", [
    "core/owed/queue.ts",
    "this.#lines.slice(1).forEach(",
    "this.#lines.slice(1, 2).forEach(",
  ]),
  mutant("failure-forgotten", "what fails when it is tried again is owed no more", [
    "core/owed/runner.ts",
    "    const isParked = replica.owed.failed(entry,",
    "    if (entry.attempts > 0) return;\n    const isParked = replica.owed.failed(entry,",
  ]),
  mutant("tail-not-replayed", "a start does not join again what was not yet in the written state", [
    "core/replica.ts",
    "      this.#join(delta, stamp);\n      this.closing.replayed",
    "      if (stamp.at.ms < 0) this.#join(delta, stamp);\n      this.closing.replayed",
  ]),
  mutant("adoption-overwrites", "a state that is taken over replaces what was here instead of being joined", [
    "core/replica.ts",
    "for (const entity of entities) this.state.join(entity, sieve.received);",
    "for (const entity of entities) if (this.state.byId(entity.id) === undefined) this.state.join(entity, sieve.received);",
  ]),
  mutant("history-adopted-in-part", "of a state that is taken over the last delta's id is forgotten", [
    "core/delta-store/delta-store.ts",
    "      if (this.graph.has(id)) continue;\n      const position",
    "      if (this.graph.has(id) || (id === history.at(-1)?.id && history.length > 1)) continue;\n      const position",
  ]),
  mutant(
    "fingerprint-leaves-out-the-last",
    "two ranges that differ in their last delta alone look the same",
    [
      "core/sync/reconciliation/history-view.ts",
      "  fingerprint(from: number, to: number): string {\n",
      "  fingerprint(from: number, until: number): string {\n    const to = until > from + 1 ? until - 1 : until;\n",
    ],
  ),
  mutant("ranges-end-early", "of ranges that differ the last is taken for equal", [
    "core/sync/reconciliation/reconcile.ts",
    "        else writer.detail(view, own);\n        break;",
    "        else if (index > 0 && index === theirs.length - 1) writer.skip(until);\n        else writer.detail(view, own);\n        break;",
  ]),
  mutant(
    "siblings-backwards",
    "of two texts inserted at one place the one with the larger name comes first",
    [
      "core/state/fugue.ts",
      "  const sorted = [...runs].sort((a, b) => (a.key < b.key ? -1 : 1));",
      "  const sorted = [...runs].sort((a, b) => (a.key < b.key ? 1 : -1));",
    ],
  ),
  mutant("compacts-before-it-writes", "bodies go though the state they made is not written", [
    "core/delta-store/compaction.ts",
    "    settle(turn);\n    const { amount, isMore }",
    "    const { amount, isMore }",
  ]),
  mutant(
    "first-not-asked",
    "the past closes without the first of those who might write",
    [
      "core/past/closed.ts",
      "members.answerersAt(position).every(isIn)",
      "members.answerersAt(position).slice(1).every(isIn)",
    ],
    [
      "core/past/closed.ts",
      "members.answerersAt(answer).every(isIn)",
      "members.answerersAt(answer).slice(1).every(isIn)",
    ],
  ),
  foundBy(
    collectingLaws,
    mutant("late-taken", "what comes later than the closing of its past is taken all the same", [
      "core/past/closed.ts",
      "    return this.line !== null && compareHlc(at, this.line) <= 0;\n",
      "    return false;\n",
    ]),
  ),
  foundBy(
    collectingLaws,
    mutant("excluded-not-asked", "the past closes without those who were excluded and may return", [
      "core/members/members.ts",
      "mayWrite(role) || mayWrite(returnsTo) ? [author] : [],",
      "mayWrite(role) ? [author] : [],",
    ]),
  ),
  foundBy(
    collectingLaws,
    mutant(
      "start-does-not-collect",
      "what was collected lives again with the deltas that a start joins anew",
      [
        "core/replica.ts",
        "    this.#collect(turn);\n    this.closing.schedule(turn);\n",
        "    this.closing.schedule(turn);\n",
      ],
    ),
  ),
  foundBy(
    collectingLaws,
    mutant("collected-kept", "who takes over a state keeps what was deleted and collected there", [
      "core/replica.ts",
      "    if (!isReplaced && sieve.kept !== null) this.state.forget(sieve.kept);\n",
      "",
    ]),
  ),
  mutant("pending-never-released", "a delta that waits for two parents waits for ever", [
    "core/delta-store/pending.ts",
    "      child.unapplied -= 1;\n",
    "      child.unapplied -= child.delta.parents.length > 1 && child.unapplied > 1 ? 0 : 1;\n",
  ]),
  mutant("roster-by-arrival", "concurrent changes about members count in the order in which they arrived", [
    "core/members/settled-order.ts",
    "        a.most - b.most ||\n",
    "        a.index - b.index ||\n",
  ]),
  mutant("removed-goes-on", "a member that was removed may write on", [
    "core/members/members.ts",
    '      return mayWrite(this.#roleIn(roster, author)) ? null : "its author might not write where it was made";',
    "      return null;",
  ]),
  mutant("key-never-changes", "a removal is followed by no new key", [
    "core/members/members.ts",
    '    return this.isInitialized && this.#hasReaderGone(this.#cutNow(), ["remove", "leave"]);\n',
    "    return this.isInitialized && this.#hasReaderGone(this.#cutNow(), []);\n",
  ]),
  mutant("overheard", "what follows a removal is said with the old key until the new one comes", [
    "core/members/members.ts",
    '    const answer = this.#hasReaderGone(cut, ["remove"]);\n',
    "    const answer = this.#hasReaderGone(cut, []);\n",
  ]),
  mutant("strangers-served", "whoever was never a member is served like one", [
    "core/members/governance.ts",
    "    return graph.count === 0 || this.members.roleNow(services.authorOf(peer)) !== null;\n",
    "    return graph.count === 0 || !this.isRemoved(peer);\n",
  ]),
  foundBy(
    successorLaws,
    mutant("successor-forgets-a-round", "what was written while a state was copied is not copied", [
      "core/state/successor.ts",
      "    memory.copied = memory.copying;\n    memory.copying = shown.pinState(turn);\n",
      "    memory.copying = shown.pinState(turn);\n    memory.copied = memory.copying;\n",
    ]),
  ),
  foundBy(
    successorLaws,
    mutant("successor-leaves-the-rest", "what is left for the last turn is not copied", [
      "core/state/successor.ts",
      "    this.take(rest, after, turn);\n",
      "    this.take(rest.slice(0, 0), after, turn);\n",
    ]),
  ),
  foundBy(
    successorLaws,
    mutant("successor-skips-at-a-turn", "between two turns of copying an entity is passed over", [
      "core/state/successor.ts",
      "      if (isFull()) {\n        rest = leaf.id;\n",
      "      if (isFull()) {\n        rest = leaf.id.concat('0');\n",
    ]),
  ),
  mutant("block-skipped", "a block of what was received is passed over", [
    "core/sync/state/taking-over.ts",
    "  taking.block += 1;\n",
    "  taking.block += taking.block === 0 ? Math.min(2, states.stagedBlocks) : 1;\n",
  ]),
  foundBy(
    "scenarios/state-replaced.yaml",
    mutant("staged-without-the-last", "of what is staged the last subtree is not written", [
      "core/sync/state/staging.ts",
      "  finish();\n  staging.bytes -= staging.entityBytes;\n",
      "  block.pop();\n  finish();\n  staging.bytes -= staging.entityBytes;\n",
    ]),
  ),
];
