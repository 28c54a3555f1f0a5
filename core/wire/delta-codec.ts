/**
 * Deltas as bytes. The encoding is the canonical CBOR array
 *
 *   [version, contextId, kind, [parents], author, incarnation, hlc ms, hlc counter, payload, [events]]
 *
 * its id the hash of its head (`delta-head.ts`), an event is [kind, content], or [kind, content, handler] where it
 * names one, which only operations may do, and a sealed delta is [0, encoding, signature], the signature over a domain tag and the id.
 */

import type { CausalDelta, DeltaContent, DeltaDraft } from "../dag/delta.ts";
import type { ApplicationEvent } from "../effect.ts";
import type { Fault } from "../fault.ts";
import { byteString, bytesOf, type ContextId, type DeltaId, type Hash, idBytes } from "../ids.ts";
import {
  actionsMax,
  deltaBytesMax,
  deltaVersion,
  eventsMax,
  gossipBytesMax,
  nameCharactersMax,
} from "../limits.ts";
import { expectInvitation } from "../members/invitation.ts";
import {
  encodeChange,
  encodeMembers,
  expectChange,
  expectMembers,
  expectRole,
  roles,
} from "../members/membership.ts";
import type { Crypto, Identity } from "../ports.ts";
import { type Action, decodeAction, encodeAction } from "../state/action.ts";
import { decodeCanonical, decodeValue, decoding, encode, refuse } from "./cbor.ts";
import {
  type DeltaHead,
  deltaLength,
  expectHead,
  hashFields,
  hashOver,
  kindCodes,
  placeFields,
} from "./delta-head.ts";
import {
  expectByteString,
  expectBytes,
  expectFields,
  expectInteger,
  expectJson,
  expectList,
  expectText,
} from "./expect.ts";
import { signatureBytes, signedMessage } from "./signed.ts";

/** First field of a sealed delta; a heartbeat has another, so that one topic carries both. */
export const deltaTag = 0;
const nonceBytes = 16;

const signatureDomain = "reconverge/delta/1";

/** Encodes and signs a draft. */
export function sealDelta(draft: DeltaDraft, identity: Identity, crypto: Crypto): Uint8Array {
  const { contextId, content, events } = draft;
  const place = placeFields(contextId, { ...draft, kindCode: kindCodeOf(content) });
  const fields = [...place, encodePayload(content), events.map(encodeEvent)];
  const signature = identity.sign(signedMessage(signatureDomain, hashFields(fields, crypto)));
  return encode([deltaTag, encode(fields), signature]);
}

/** The code of a delta's kind on the wire. */
export function kindCodeOf(content: DeltaContent): number {
  return content.kind === "needs-upgrade" ? content.code : kindCodes[content.kind];
}

function encodePayload(content: DeltaContent): Uint8Array {
  switch (content.kind) {
    case "genesis":
      return encode([
        content.application,
        bytesOf(content.nonce),
        encodeMembers(content.members),
        content.others === null ? null : roles.indexOf(content.others),
        content.retentionMs,
      ]);
    case "membership":
      return encode(encodeChange(content.change));
    case "operations":
    case "handler":
      return encode(content.actions.map(encodeAction));
    case "checkpoint":
      return encode([bytesOf(content.stateRoot)]);
    case "merge":
    case "needs-upgrade":
      return encode([]);
  }
}

/** Decodes and verifies a sealed delta. A pure function of the bytes, but for what `crypto` computes. */
export function openDelta(sealed: Uint8Array, crypto: Crypto): CausalDelta | Fault {
  return decoding("delta", () => {
    const [tag, encoding, signature] = expectFields(
      decodeCanonical(sealed, gossipBytesMax),
      3,
      "a sealed delta",
    );
    expectInteger(tag, deltaTag, deltaTag);
    return openEncoding(expectBytes(encoding, deltaBytesMax), expectBytes(signature, signatureBytes), {
      sealed,
      crypto,
    });
  });
}

function openEncoding(
  encoding: Uint8Array,
  signature: Uint8Array,
  { sealed, crypto }: { readonly sealed: Uint8Array; readonly crypto: Crypto },
): CausalDelta {
  const fields = expectDelta(decodeCanonical(encoding, deltaBytesMax));
  const { kindCode, parents, author, incarnation, hlc, bodyDigest } = expectHead(fields, crypto);
  const digest = hashOver(fields, bytesOf(bodyDigest), crypto);
  if (!crypto.verify(bytesOf(author), signedMessage(signatureDomain, digest), signature)) {
    refuse("bad-signature", "the signature is not its author's");
  }
  const id = byteString<DeltaId>(digest);
  const content = decodeContent(kindCode, expectBytes(fields[8], deltaBytesMax), crypto);
  const events = expectList(fields[9], eventsMax, decodeEvent);
  const delta: CausalDelta = {
    kind: "delta",
    id,
    contextId: decodeContextId(fields[1], content, id),
    parents,
    author,
    incarnation,
    hlc,
    content,
    events,
    bodyDigest,
    sealed,
  };
  if ((parents.length === 0) !== (content.kind === "genesis")) {
    refuse("no-parents", "a genesis, and nothing else, is without parents");
  }
  if (isSilent(content) && events.length > 0) refuse("malformed", `a ${content.kind} with events`);
  const mayNameHandlers = content.kind === "operations" || content.kind === "needs-upgrade";
  if (!mayNameHandlers && events.some(({ handler }) => handler !== null)) {
    refuse("malformed", `an event of a delta of kind ${content.kind} names a handler`);
  }
  return Object.freeze(delta);
}

/** Is a delta of this kind without events? */
function isSilent({ kind }: DeltaContent): boolean {
  return kind === "membership" || kind === "checkpoint";
}

function decodeContextId(value: unknown, content: DeltaContent, id: DeltaId): ContextId {
  if (content.kind !== "genesis") return expectByteString<ContextId>(value);
  expectByteString(value, 0);
  return id as string as ContextId;
}

/** The head of a sealed delta that was verified. For use inside `decoding`. */
export function headOfSealed(sealed: Uint8Array, crypto: Crypto): DeltaHead {
  const [, encoding] = expectFields(decodeValue(sealed, gossipBytesMax), 3, "a sealed delta");
  const value = decodeValue(expectBytes(encoding, deltaBytesMax), deltaBytesMax);
  return expectHead(expectDelta(value), crypto);
}

/** The fields of a delta of this version. */
function expectDelta(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value[0] !== deltaVersion)
    refuse("unknown-version", `version ${String(value[0])}`);
  return expectFields(value, deltaLength, "a delta");
}

function decodeContent(code: number, payload: Uint8Array, crypto: Crypto): DeltaContent {
  switch (code) {
    case kindCodes.genesis:
      return decodeGenesis(payload);
    case kindCodes.membership: {
      const change = expectChange(decodeCanonical(payload, deltaBytesMax), (sealed) =>
        expectInvitation(sealed, crypto),
      );
      return Object.freeze({ kind: "membership", change });
    }
    case kindCodes.operations:
      return Object.freeze({ kind: "operations", actions: decodeActions(payload) });
    case kindCodes.handler:
      return Object.freeze({ kind: "handler", actions: decodeActions(payload) });
    case kindCodes.merge:
      expectFields(decodeValue(payload, deltaBytesMax), 0, "a merge payload");
      return Object.freeze({ kind: "merge" });
    case kindCodes.checkpoint: {
      const [root] = expectFields(decodeCanonical(payload, deltaBytesMax), 1, "a checkpoint");
      return Object.freeze({ kind: "checkpoint", stateRoot: expectByteString<Hash>(root, idBytes) });
    }
    default:
      return Object.freeze({ kind: "needs-upgrade", code });
  }
}

function decodeGenesis(payload: Uint8Array): DeltaContent {
  const fields = expectFields(decodeCanonical(payload, deltaBytesMax), 5, "a genesis payload");
  const [application, nonce, members, others, retentionMs] = fields;
  return Object.freeze({
    kind: "genesis",
    application: expectText(application, nameCharactersMax),
    nonce: expectByteString(nonce, nonceBytes),
    members: expectMembers(members),
    others: others === null ? null : expectRole(others),
    retentionMs: retentionMs === null ? null : expectInteger(retentionMs, Number.MAX_SAFE_INTEGER, 1),
  });
}

function decodeActions(payload: Uint8Array): readonly Action[] {
  return Object.freeze(expectList(decodeCanonical(payload, deltaBytesMax), actionsMax, decodeAction));
}

function encodeEvent({ kind, content, handler }: ApplicationEvent): readonly unknown[] {
  return handler === null ? [kind, content] : [kind, content, handler];
}

function decodeEvent(value: unknown): ApplicationEvent {
  const hasHandler = Array.isArray(value) && value.length === 3;
  const [kind, content, handler] = expectFields(value, hasHandler ? 3 : 2, "an event");
  return Object.freeze({
    kind: expectText(kind, nameCharactersMax),
    content: expectJson(content),
    handler: hasHandler ? expectText(handler, nameCharactersMax) : null,
  });
}
