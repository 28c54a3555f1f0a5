/**
 * Deltas as bytes. The encoding is the canonical CBOR array
 *
 *   [version, contextId, kind, [parents], author, incarnation, hlc ms, hlc counter, payload, [events]]
 *
 * an event is [kind, content], or [kind, content, handler] where it names one, which only operations may do,
 * and a sealed delta is [0, encoding, signature], the signature over a domain tag and the id.
 */

import type { CausalDelta, DeltaContent, DeltaDraft } from "../dag/delta.ts";
import type { ApplicationEvent } from "../effect.ts";
import type { Fault } from "../fault.ts";
import {
  type AuthorId,
  byteString,
  bytesOf,
  type ContextId,
  type DeltaId,
  idBytes,
  incarnationBytes,
} from "../ids.ts";
import {
  actionsMax,
  deltaBytesMax,
  deltaVersion,
  eventsMax,
  gossipBytesMax,
  hlcCounterMax,
  hlcMsMax,
  nameCharactersMax,
  parentsMax,
} from "../limits.ts";
import { expectInvitation } from "../members/invitation.ts";
import { encodeChange, encodeMembers, expectChange, expectMembers, expectRole, roles } from "../members/membership.ts";
import type { Crypto, Identity } from "../ports.ts";
import { type Action, decodeAction, encodeAction } from "../state/action.ts";
import { decodeCanonical, decodeValue, decoding, encode, refuse } from "./cbor.ts";
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

/** 4 is kept for checkpoints. */
export const kindCodes = { genesis: 0, operations: 1, merge: 2, handler: 3, membership: 5 } as const;
const signatureDomain = "reconverge/delta/1";

/** Encodes and signs a draft. */
export function sealDelta(draft: DeltaDraft, identity: Identity, crypto: Crypto): Uint8Array {
  const encoding = encode([
    deltaVersion,
    bytesOf(draft.contextId),
    kindCode(draft.content),
    draft.parents.map(bytesOf),
    bytesOf(draft.author),
    bytesOf(draft.incarnation),
    draft.hlc.ms,
    draft.hlc.counter,
    encodePayload(draft.content),
    draft.events.map(encodeEvent),
  ]);
  const signature = identity.sign(signedMessage(signatureDomain, crypto.sha256(encoding)));
  return encode([deltaTag, encoding, signature]);
}

function kindCode(content: DeltaContent): number {
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
      ]);
    case "membership":
      return encode(encodeChange(content.change));
    case "operations":
    case "handler":
      return encode(content.actions.map(encodeAction));
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
  const value = decodeCanonical(encoding, deltaBytesMax);
  if (Array.isArray(value) && value[0] !== deltaVersion)
    refuse("unknown-version", `version ${String(value[0])}`);
  const fields = expectFields(value, 10, "a delta");
  const author = expectByteString<AuthorId>(fields[4]);
  const digest = crypto.sha256(encoding);
  if (!crypto.verify(bytesOf(author), signedMessage(signatureDomain, digest), signature)) {
    refuse("bad-signature", "the signature is not its author's");
  }
  const id = byteString<DeltaId>(digest);
  const payload = expectBytes(fields[8], deltaBytesMax);
  const content = decodeContent(expectInteger(fields[2], 255), payload, crypto);
  const parents = decodeParents(fields[3]);
  const events = expectList(fields[9], eventsMax, decodeEvent);
  const delta: CausalDelta = {
    kind: "delta",
    id,
    contextId: decodeContextId(fields[1], content, id),
    parents,
    author,
    incarnation: expectByteString(fields[5], incarnationBytes),
    hlc: Object.freeze({
      ms: expectInteger(fields[6], hlcMsMax),
      counter: expectInteger(fields[7], hlcCounterMax),
    }),
    content,
    events,
    sealed,
  };
  if ((parents.length === 0) !== (content.kind === "genesis")) {
    refuse("no-parents", "a genesis, and nothing else, is without parents");
  }
  const mayNameHandlers = content.kind === "operations" || content.kind === "needs-upgrade";
  if (!mayNameHandlers && events.some(({ handler }) => handler !== null)) {
    refuse("malformed", `an event of a delta of kind ${content.kind} names a handler`);
  }
  return Object.freeze(delta);
}

function decodeContextId(value: unknown, content: DeltaContent, id: DeltaId): ContextId {
  if (content.kind !== "genesis") return expectByteString<ContextId>(value);
  expectByteString(value, 0);
  return id as string as ContextId;
}

function decodeParents(value: unknown): readonly DeltaId[] {
  const parents = expectList(value, parentsMax, (parent) => expectByteString<DeltaId>(parent, idBytes));
  const sorted = parents.every((parent, index) => index === 0 || (parents[index - 1] ?? "") < parent);
  if (!sorted) refuse("non-canonical", "parents are not sorted and unique");
  return Object.freeze(parents);
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
    default:
      return Object.freeze({ kind: "needs-upgrade", code });
  }
}

function decodeGenesis(payload: Uint8Array): DeltaContent {
  const fields = expectFields(decodeCanonical(payload, deltaBytesMax), 4, "a genesis payload");
  const [application, nonce, members, others] = fields;
  return Object.freeze({
    kind: "genesis",
    application: expectText(application, nameCharactersMax),
    nonce: expectByteString(nonce, nonceBytes),
    members: expectMembers(members),
    others: others === null ? null : expectRole(others),
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
