// What each kind of liar says in a run, as the others hear it, beside the same run in which it is honest.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../adapters/crypto/node-crypto.ts";
import type { CausalDelta } from "../../core/dag/delta.ts";
import { isFault } from "../../core/fault.ts";
import { storeKeys } from "../../core/store-keys.ts";
import { decodeBlobMessage } from "../../core/wire/blob-message.ts";
import { createCodec } from "../../core/wire/codec.ts";
import { type Heartbeat, isHeartbeat } from "../../core/wire/gossip-codec.ts";
import { decodeStateMessage } from "../../core/wire/state-message.ts";
import { decodeSyncMessage } from "../../core/wire/sync-message.ts";
import type { Behaviour } from "../../sim/scenario/behaviours.ts";
import type { Scenario } from "../../sim/scenario/scenario.ts";
import { nameOf, type ObservedRun, observe } from "./observed-run.ts";

const liar = "n3";
const syncTimeoutMs = 1_000;
const endUs = 12_000_000;
const codec = createCodec(nodeCrypto);

/** Who is cut off for a while has to be given what it missed by streams. */
const scenario: Scenario = {
  ...{ name: "liar", nodes: 4, until: "12s" },
  config: { heartbeatMs: 1_000, syncFrequencyMs: 500, syncIntervalMs: 0, syncTimeoutMs },
  workload: [
    { rate: "10/s", until: "5s", method: "set", args: { key: "k{int 0 9}", value: "{seq}" } },
    { at: "500ms", node: liar, method: "put-blob", args: { name: "photo", bytes: 300_000 } },
    { at: "1500ms", nodes: "n2", method: "get-blob", args: { name: "photo" } },
  ],
};
const cut = { at: "2s", until: "6s", kind: "partition", groups: ["n0..n1"] } as const;

type Shows = (run: ObservedRun, honest: ObservedRun) => void;

const shows: { readonly [Each in Behaviour]: Shows } = {
  equivocate: moreOf("deltas in the place of another", (run) => {
    const ids = new Set(ownDeltas(run).map(({ id }) => id));
    const places = ownDeltas(run).map(({ incarnation, hlc }) => `${incarnation} ${hlc.ms} ${hlc.counter}`);
    return ids.size - new Set(places).size;
  }),
  forge: moreOf("forged signatures", ({ result }) => result.probes["fault-bad-signature"] ?? 0),
  replay: (run, honest) => {
    moreOf("messages said twice to one node", messagesTwice)(run, honest);
    moreOf("frames out of turn", ({ result }) => result.probes["fault-out-of-turn"] ?? 0)(run, honest);
  },
  flood: (run, honest) => {
    assert.ok(messages(run).length > 3 * messages(honest).length);
    moreOf("frames out of turn", ({ result }) => result.probes["fault-out-of-turn"] ?? 0)(run, honest);
  },
  junk: (run, honest) => {
    moreOf("messages that are none", (of) => messages(of).filter(({ bytes }) => isJunk(bytes)).length)(
      run,
      honest,
    );
    const answered = (of: ObservedRun) => streams(of).filter(({ isAsked }) => isAsked);
    const frames = (of: ObservedRun) => answered(of).flatMap((stream) => stream.frames);
    moreOf("frames that are none", (of) => frames(of).filter(isNoFrame).length)(run, honest);
  },
  lie: (run, honest) => {
    moreOf("false heartbeats", (of) => falseStandings(of, heartbeats(of)))(run, honest);
    moreOf("false handshakes", (of) => falseStandings(of, handshakes(of)))(run, honest);
  },
  "false-snapshot": moreOf("false states", ({ result }) => result.probes["fault-false-state"] ?? 0),
  "false-blob": moreOf("false chunks", ({ result }) => result.probes["fault-false-blob"] ?? 0),
  stall: (run, honest) => {
    const mostFrames = (of: ObservedRun) => Math.max(...streams(of).map(({ frames }) => frames.length));
    assert.ok(mostFrames(run) <= 3 && mostFrames(honest) > 3, `${mostFrames(run)}, ${mostFrames(honest)}`);
    // Nothing is cut between these two.
    const near = (of: ObservedRun) => streams(of).filter(({ other }) => other === "n2");
    const isHeld = ({ fromUs, untilUs }: HeardStream) => untilUs - fromUs >= syncTimeoutMs * 1_000;
    moreOf("streams held open", (of) => near(of).filter(isHeld).length)(run, honest);
  },
};

const honest = observe({ ...scenario, faults: [cut] }, [endUs]);

for (const [behaviour, shown] of Object.entries(shows) as [Behaviour, Shows][]) {
  test(`a liar by ${behaviour} is heard to be one`, () => {
    const fault = { at: "1s", until: "11s", kind: "byzantine", nodes: liar, behaviour } as const;
    shown(observe({ ...scenario, faults: [fault, cut] }, [endUs]), honest);
  });
}

/** There is none where it is honest. */
function moreOf(what: string, count: (run: ObservedRun) => number): Shows {
  return (run, honest) => {
    assert.ok(count(run) > 0, `no ${what}`);
    assert.is(count(honest), 0, `${what} of an honest node`);
  };
}

interface Message {
  readonly to: string;
  readonly bytes: Uint8Array;
}

/** What others had from the liar itself on topics, read by a member. */
function messages({ events, moments }: ObservedRun): readonly Message[] {
  const contexts = moments.get(endUs)?.world.node(2).core?.contexts;
  return events.flatMap(({ node, input }) => {
    if (node === liar || input.kind !== "gossip" || input.from !== liar) return [];
    const said = contexts?.ofTopic(input.topic)?.governance.topic.unseal(input.message);
    return [{ to: node, bytes: said?.kind === "content" ? said.content : input.message }];
  });
}

function messagesTwice(run: ObservedRun): number {
  const heard = messages(run).map(({ to, bytes }) => `${to} ${nameOf(bytes)}`);
  return heard.length - new Set(heard).size;
}

function ownDeltas(run: ObservedRun): readonly CausalDelta[] {
  const deltas = messages(run).flatMap(({ bytes }) => {
    const delta = isHeartbeat(bytes) ? null : codec.openDelta(bytes);
    return delta === null || isFault(delta) || delta.kind !== "delta" ? [] : [delta];
  });
  return deltas;
}

function isJunk(bytes: Uint8Array): boolean {
  return isFault(isHeartbeat(bytes) ? codec.openHeartbeat(bytes) : codec.openDelta(bytes));
}

function isNoFrame(frame: Uint8Array): boolean {
  return [decodeSyncMessage, decodeStateMessage, decodeBlobMessage].every((decode) => isFault(decode(frame)));
}

type Standing = Pick<Heartbeat, "heads" | "headCount">;

function heartbeats(run: ObservedRun): readonly Standing[] {
  return messages(run).flatMap(({ bytes }) => {
    const heartbeat = isHeartbeat(bytes) ? codec.openHeartbeat(bytes) : null;
    return heartbeat === null || isFault(heartbeat) ? [] : [heartbeat];
  });
}

function handshakes(run: ObservedRun): readonly Standing[] {
  return streams(run).flatMap(({ frames }) =>
    frames.flatMap((frame) => {
      const said = decodeSyncMessage(frame);
      return isFault(said) || said.kind !== "handshake" ? [] : [said];
    }),
  );
}

/** How many name a head that nobody wrote, none, or more than they name. */
function falseStandings({ events }: ObservedRun, standings: readonly Standing[]): number {
  const keys = events.flatMap(({ effects }) =>
    effects.flatMap((effect) => (effect.kind === "commit" ? effect.writes.map(([key]) => key) : [])),
  );
  const written = new Set(keys);
  const isFalse = ({ heads, headCount }: Standing) =>
    heads.length === 0 || headCount !== heads.length || heads.some((id) => !written.has(storeKeys.delta(id)));
  return standings.filter(isFalse).length;
}

interface HeardStream {
  readonly other: string;
  /** The other opened it, so that the liar's core answers. */
  readonly isAsked: boolean;
  readonly frames: Uint8Array[];
  readonly fromUs: number;
  untilUs: number;
}

/** Streams between the liar and others, and what these heard on them. */
function streams({ events }: ObservedRun): readonly HeardStream[] {
  const streams = new Map<string, HeardStream>();
  for (const { node, timeUs, input, effects } of events) {
    if (node === liar) continue;
    const open = (stream: number, peer: string, isAsked: boolean) => {
      if (peer === liar)
        streams.set(`${node} ${stream}`, {
          other: node,
          isAsked,
          frames: [],
          fromUs: timeUs,
          untilUs: timeUs,
        });
    };
    const close = (stream: number) => {
      const closed = streams.get(`${node} ${stream}`);
      if (closed !== undefined) closed.untilUs = timeUs;
    };
    if (input.kind === "stream-opened") open(input.stream, input.peer, false);
    if (input.kind === "stream-frame") streams.get(`${node} ${input.stream}`)?.frames.push(input.frame);
    if (input.kind === "stream-closed") close(input.stream);
    for (const effect of effects) {
      if (effect.kind === "open-stream") open(effect.stream, effect.peer, true);
      if (effect.kind === "close-stream") close(effect.stream);
    }
  }
  return Array.from(streams.values());
}

test.run();
