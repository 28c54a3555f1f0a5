/**
 * The same replicas by others, each with its own protocol: Automerge with the sync states kept from the session
 * before, Yjs with state vectors. Neither signs, and what carries their messages is not counted.
 */

import {
  change,
  clone,
  type Doc,
  decodeSyncState,
  encodeSyncState,
  free,
  from,
  generateSyncMessage,
  getActorId,
  getHeads,
  ImmutableString,
  initSyncState,
  receiveSyncMessage,
} from "@automerge/automerge";
import { applyUpdate, encodeStateAsUpdate, encodeStateVector, Doc as YDoc } from "yjs";
import { cpuMsOf, type InSync, type Session, sides, type Write, type Writes } from "./sync-workload.ts";

/** By key: a register each, or what Automerge makes of a plain string, a text that can be edited. */
type Entries = { entries: Record<string, ImmutableString | string> };

class AutomergeReplica {
  doc: Doc<Entries>;
  #state: Uint8Array;

  constructor(doc: Doc<Entries>, state: Uint8Array = encodeSyncState(initSyncState())) {
    this.doc = doc;
    this.#state = state;
  }

  fork(): AutomergeReplica {
    return new AutomergeReplica(clone(this.doc, getActorId(this.doc)), this.#state);
  }

  write(writes: readonly Write[], wrap: (value: string) => ImmutableString | string): void {
    for (const { key, value } of writes)
      this.doc = change(this.doc, ({ entries }) => {
        entries[key] = wrap(value);
      });
  }

  /** One session, each side speaking in turn. */
  sync(other: AutomergeReplica): Session {
    const both = [this, other].map((replica) => ({ replica, state: decodeSyncState(replica.#state) }));
    let [bytes, messages, silent] = [0, 0, 0];
    let hops: number | null = null;
    const cpuMs = cpuMsOf(() => {
      for (let turn = 0; silent < 2; turn += 1) {
        const [speaker, hearer] = turn % 2 === 0 ? both : both.toReversed();
        if (speaker === undefined || hearer === undefined) throw new Error("two sides sync");
        const [state, message] = generateSyncMessage(speaker.replica.doc, speaker.state);
        speaker.state = state;
        silent = message === null ? silent + 1 : 0;
        if (message === null) continue;
        bytes += message.length;
        messages += 1;
        [hearer.replica.doc, hearer.state] = receiveSyncMessage(hearer.replica.doc, hearer.state, message);
        if (areSame(this.doc, other.doc)) hops ??= messages;
      }
    });
    if (hops === null) throw new Error("two Automerge documents synced and differ");
    for (const { replica, state } of both) replica.#state = encodeSyncState(state);
    return { bytes, hops, cpuMs };
  }
}

function areSame(one: Doc<Entries>, other: Doc<Entries>): boolean {
  return getHeads(one).join() === getHeads(other).join();
}

export function automergeInSync(writes: Writes, values: "registers" | "texts"): InSync {
  const wrap = (value: string) => (values === "registers" ? new ImmutableString(value) : value);
  const first = from<Entries>({ entries: {} });
  const replicas = [new AutomergeReplica(first), new AutomergeReplica(clone(first))] as const;
  for (const side of sides) replicas[side].write(writes[side], wrap);
  replicas[0].sync(replicas[1]);
  return (apart) => {
    const forks = [replicas[0].fork(), replicas[1].fork()] as const;
    for (const side of sides) forks[side].write(apart[side], wrap);
    const session = forks[0].sync(forks[1]);
    for (const { doc } of forks) free(doc);
    return session;
  };
}

export function yjsInSync(writes: Writes): InSync {
  const docs = [new YDoc(), new YDoc()] as const;
  for (const side of sides) writeYjs(docs[side], writes[side]);
  syncYjs(docs);
  return (apart) => {
    const forks = [forkYjs(docs[0]), forkYjs(docs[1])] as const;
    for (const side of sides) writeYjs(forks[side], apart[side]);
    return syncYjs(forks);
  };
}

function forkYjs(doc: YDoc): YDoc {
  const fork = new YDoc();
  applyUpdate(fork, encodeStateAsUpdate(doc));
  // Afterwards: a document that is given what its own client wrote takes another name.
  fork.clientID = doc.clientID;
  return fork;
}

function writeYjs(doc: YDoc, writes: readonly Write[]): void {
  for (const { key, value } of writes) doc.getMap("entries").set(key, value);
}

/** A vector; what it lacks, and the other vector; what that lacks. */
function syncYjs([one, other]: readonly [YDoc, YDoc]): Session {
  let bytes = 0;
  const cpuMs = cpuMsOf(() => {
    const vector = encodeStateVector(one);
    const [toOne, otherVector] = [encodeStateAsUpdate(other, vector), encodeStateVector(other)];
    applyUpdate(one, toOne);
    const toOther = encodeStateAsUpdate(one, otherVector);
    applyUpdate(other, toOther);
    bytes = vector.length + toOne.length + otherVector.length + toOther.length;
  });
  return { bytes, hops: 3, cpuMs };
}
