/**
 * A byzantine node is the production core with an adversary between it and the world: it edits, withholds and adds
 * to what the core says, on gossip and on streams, with the node's own key where that is needed. What the core
 * hears is what the others say to it. What changes is plain data.
 */

import type { Effect } from "../../core/effect.ts";
import { isFault } from "../../core/fault.ts";
import { contextOfTopic, type PeerId, type Topic } from "../../core/ids.ts";
import type { StreamId } from "../../core/input.ts";
import type { NodeCore } from "../../core/node.ts";
import { decodeBlobMessage, encodeBlobMessage } from "../../core/wire/blob-message.ts";
import { isHeartbeat } from "../../core/wire/gossip-codec.ts";
import { decodeStateMessage, encodeStateMessage } from "../../core/wire/state-message.ts";
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from "../../core/wire/sync-message.ts";
import type { Behaviour } from "../scenario/behaviours.ts";
import { epochMs } from "../world/clock.ts";
import { Craft, type CraftParts } from "./craft.ts";
import { falseBlob } from "./false-blobs.ts";
import { forge, idleDelta, twinOf } from "./false-deltas.ts";
import { falseHandshake, falseHeartbeat, falseState } from "./false-words.ts";

type Said<Kind extends Effect["kind"]> = Extract<Effect, { readonly kind: Kind }>;

/** What nobody asked the node to say; some of it only to half of the others. */
export type MadeUp =
  | Said<"publish" | "send" | "open-stream">
  | {
      readonly kind: "publish-to";
      readonly half: 0 | 1;
      readonly topic: Topic;
      readonly message: Uint8Array;
    };

export interface Edited {
  readonly effects: readonly Effect[];
  readonly madeUp: readonly MadeUp[];
  /** How often each behaviour showed. */
  readonly counts: ReadonlyMap<Behaviour, number>;
}

export interface AdversaryAbout {
  readonly behaviours: readonly Behaviour[];
  readonly core: NodeCore;
  /** Whom it is linked to. */
  readonly peers: readonly PeerId[];
  readonly nowUs: number;
}

export interface AdversaryMemory {
  draws: number;
  /** What it said on topics, before it was sealed, and frames: the newest last. */
  readonly messages: Said<"publish">[];
  readonly frames: Uint8Array[];
  /** By stream: frames it has sent. */
  readonly sentOn: Map<StreamId, number>;
  /** Streams it opened on its own account. */
  streams: number;
  /** By behaviour: it shows again after this. */
  readonly notBeforeUs: Map<Behaviour, number>;
}

/** Behaviours that need no occasion show as often as this, while the node is awake at all. */
const everyUs: Readonly<Partial<Record<Behaviour, number>>> = {
  ...{ forge: 200_000, replay: 200_000, flood: 100_000, junk: 200_000 },
};
const rememberedMax = 64;
const floodedMessages = 8;
const floodedStreams = 3;
/** Streams of the core's own are counted from 1. */
const firstStream = 1_000_000_000;
const hugeBytes = 1_200_000;

function createAdversaryMemory(): AdversaryMemory {
  const said = { messages: [], frames: [], sentOn: new Map<StreamId, number>() };
  return { ...said, draws: 0, streams: 0, notBeforeUs: new Map() };
}

export class Adversary {
  readonly memory: AdversaryMemory;
  readonly #craft: Craft;
  #counts = new Map<Behaviour, number>();
  #madeUp: MadeUp[] = [];

  constructor(parts: CraftParts, memory: AdversaryMemory = createAdversaryMemory()) {
    this.memory = memory;
    this.#craft = new Craft(parts, this.memory);
  }

  edit(effects: readonly Effect[], about: AdversaryAbout): Edited {
    this.#counts = new Map();
    this.#madeUp = [];
    const kept = effects.flatMap((effect) => this.#editOne(effect, about));
    for (const behaviour of about.behaviours) if (this.#isDue(behaviour, about)) this.#act(behaviour, about);
    return { effects: kept, madeUp: this.#madeUp, counts: this.#counts };
  }

  #editOne(effect: Effect, { behaviours, core }: AdversaryAbout): readonly Effect[] {
    switch (effect.kind) {
      case "publish": {
        const content = unsealed(effect, core);
        if (content === null) return [effect];
        keepLatest(this.memory.messages, { ...effect, message: content });
        return this.#editMessage(effect, { content, behaviours, core });
      }
      case "send":
        keepLatest(this.memory.frames, effect.frame);
        return this.#editFrame(effect, behaviours);
      case "close-stream": {
        const isStalled = behaviours.includes("stall") && this.memory.sentOn.has(effect.stream);
        this.memory.sentOn.delete(effect.stream);
        return isStalled ? [] : [effect];
      }
      default:
        return [effect];
    }
  }

  #editMessage(
    effect: Said<"publish">,
    {
      content,
      behaviours,
      core,
    }: Pick<AdversaryAbout, "core"> & {
      readonly content: Uint8Array;
      readonly behaviours: readonly Behaviour[];
    },
  ): readonly Effect[] {
    const { codec } = this.#craft;
    if (isHeartbeat(content)) {
      const heartbeat = codec.openHeartbeat(content);
      if (!behaviours.includes("lie") || isFault(heartbeat)) return [effect];
      this.#count("lie");
      return [sealed({ ...effect, message: falseHeartbeat(heartbeat, this.#craft) }, core)];
    }
    const delta = codec.openDelta(content);
    if (!behaviours.includes("equivocate") || isFault(delta)) return [effect];
    const twin = twinOf(delta, this.#craft);
    if (twin === null) return [effect];
    this.#count("equivocate");
    const { topic, message } = effect;
    const other = sealed({ ...effect, message: twin }, core).message;
    this.#madeUp.push({ kind: "publish-to", half: 0, topic, message });
    this.#madeUp.push({ kind: "publish-to", half: 1, topic, message: other });
    return [];
  }

  #editFrame(effect: Said<"send">, behaviours: readonly Behaviour[]): readonly Effect[] {
    const { stream } = effect;
    const sent = (this.memory.sentOn.get(stream) ?? 0) + 1;
    this.memory.sentOn.set(stream, sent);
    if (behaviours.includes("stall") && sent > 1 + (Math.abs(stream) % 3)) {
      this.#count("stall");
      return [];
    }
    const craft = this.#craft;
    if (behaviours.includes("junk") && craft.below(4) === 0) {
      this.#count("junk");
      return [{ ...effect, frame: this.#junk(effect.frame) }];
    }
    return [{ ...effect, frame: this.#falsified(effect.frame, { sent, behaviours }) }];
  }

  #falsified(
    frame: Uint8Array,
    { sent, behaviours }: { readonly sent: number; readonly behaviours: readonly Behaviour[] },
  ): Uint8Array {
    const craft = this.#craft;
    const blob = behaviours.includes("false-blob") ? this.#falsifiedBlob(frame) : null;
    if (blob !== null) return blob;
    const said = decodeSyncMessage(frame);
    if (isFault(said)) return behaviours.includes("false-snapshot") ? this.#falsifiedState(frame) : frame;
    if (behaviours.includes("lie") && said.kind === "handshake") {
      this.#count("lie");
      return encodeSyncMessage(falseHandshake(said, craft));
    }
    const lured = behaviours.includes("false-snapshot") ? lure(said, sent, craft) : null;
    if (lured === null) return frame;
    this.#count("false-snapshot");
    return encodeSyncMessage(lured);
  }

  #falsifiedState(frame: Uint8Array): Uint8Array {
    const said = decodeStateMessage(frame);
    const falsified = isFault(said) ? null : falseState(said, this.#craft);
    if (falsified === null) return frame;
    this.#count("false-snapshot");
    return encodeStateMessage(falsified);
  }

  /** Null for what says nothing of a blob. */
  #falsifiedBlob(frame: Uint8Array): Uint8Array | null {
    const said = decodeBlobMessage(frame);
    const falsified = isFault(said) ? null : falseBlob(said, this.#craft);
    if (falsified === null) return null;
    this.#count("false-blob");
    return encodeBlobMessage(falsified);
  }

  #isDue(behaviour: Behaviour, { nowUs }: AdversaryAbout): boolean {
    const periodUs = everyUs[behaviour];
    if (periodUs === undefined || (this.memory.notBeforeUs.get(behaviour) ?? 0) > nowUs) return false;
    this.memory.notBeforeUs.set(behaviour, nowUs + periodUs);
    return true;
  }

  #act(behaviour: Behaviour, about: AdversaryAbout): void {
    const craft = this.#craft;
    const before = craft.pick(this.memory.messages);
    switch (behaviour) {
      case "forge": {
        const delta = before === undefined ? undefined : craft.codec.openDelta(before.message);
        if (before === undefined || delta?.kind !== "delta" || delta.content.kind === "genesis") return;
        return this.#publish(behaviour, sealed({ ...before, message: forge(delta, craft) }, about.core));
      }
      case "replay": {
        const frame = craft.pick(this.memory.frames);
        if (before !== undefined) this.#publish(behaviour, sealed(before, about.core));
        if (frame !== undefined) this.#openStream(behaviour, [frame, frame], about);
        return;
      }
      case "flood":
        return this.#flood(about);
      case "junk":
        if (before !== undefined) {
          const isHuge = craft.below(25) === 0;
          const message = isHuge ? new Uint8Array(hugeBytes) : this.#junk(before.message);
          const said = { ...before, message };
          // Sealed, it gets past the first who would refuse it.
          this.#publish(behaviour, craft.below(2) === 0 ? said : sealed(said, about.core));
        }
        return this.#openStream(
          behaviour,
          [this.#junk(craft.pick(this.memory.frames) ?? new Uint8Array(40))],
          about,
        );
    }
  }

  /** Valid deltas that everybody must keep, heartbeats without end, and streams on which nothing more is said. */
  #flood(about: AdversaryAbout): void {
    const craft = this.#craft;
    const wallMs = epochMs + Math.floor(about.nowUs / 1_000);
    for (const [contextId, replica] of about.core.replicas()) {
      const topic = this.memory.messages.find((said) => contextOfTopic(said.topic) === contextId)?.topic;
      if (topic === undefined || !replica.isInitialized) continue;
      const parents = replica.heads().slice(0, 64);
      for (let nth = 0; nth < floodedMessages; nth += 1) {
        const message = idleDelta({ contextId, parents }, { wallMs }, craft);
        this.#publish("flood", sealed({ kind: "publish", topic, message }, about.core));
      }
    }
    const opening = craft.pick(this.memory.frames);
    for (let nth = 0; opening !== undefined && nth < floodedStreams; nth += 1)
      this.#openStream("flood", [opening], about);
  }

  #publish(behaviour: Behaviour, said: Said<"publish">): void {
    this.#count(behaviour);
    this.#madeUp.push(said);
  }

  #openStream(behaviour: Behaviour, frames: readonly Uint8Array[], { peers }: AdversaryAbout): void {
    const peer = this.#craft.pick(peers);
    if (peer === undefined) return;
    this.memory.streams += 1;
    const stream = firstStream + this.memory.streams;
    this.#count(behaviour);
    this.#madeUp.push({ kind: "open-stream", stream, peer });
    for (const frame of frames) this.#madeUp.push({ kind: "send", stream, frame });
  }

  #junk(model: Uint8Array): Uint8Array {
    const craft = this.#craft;
    switch (craft.below(4)) {
      case 0:
        return craft.bytes(craft.below(300));
      case 1:
        return model.slice(0, craft.below(model.length + 1));
      case 2:
        // Arrays in arrays.
        return new Uint8Array(5_000).fill(0x81);
      default:
        // An array of 2³² − 1 values.
        return Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff, ...model.slice(0, 16));
    }
  }

  #count(behaviour: Behaviour): void {
    this.#counts.set(behaviour, (this.#counts.get(behaviour) ?? 0) + 1);
  }
}

/** Has the other ask for the state rather than be sent deltas. */
function lure(said: SyncMessage, sent: number, craft: Craft): SyncMessage | null {
  return said.kind === "deltas" && sent <= 3 ? { kind: "below", ids: [craft.id()] } : null;
}

function keepLatest<T>(kept: T[], latest: T): void {
  kept.push(latest);
  if (kept.length > rememberedMax) kept.shift();
}

/** What a message of the node's own says, or null where the node cannot read it itself. */
function unsealed({ topic, message }: Said<"publish">, core: NodeCore): Uint8Array | null {
  const said = core.contexts.ofTopic(topic)?.governance.topic.unseal(message);
  return said?.kind === "content" ? said.content : null;
}

/** Said as a member says it: who is one lies under the key that all of them have. */
function sealed(said: Said<"publish">, core: NodeCore): Said<"publish"> {
  const replica = core.contexts.ofTopic(said.topic);
  if (replica === undefined || !replica.isInitialized) return said;
  return { ...said, message: replica.governance.topic.seal(said.message, replica.heads()) };
}
