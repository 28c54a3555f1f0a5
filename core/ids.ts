/**
 * Identifiers. An id of bytes is held as a flat string with one character (0 to 255) a byte: cheap to hash
 * and compare, and ordered by `<` exactly as its bytes are. Print it with `toHex`, never as it is.
 */

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of a delta's head (`wire/delta-head.ts`): 32 bytes. */
export type DeltaId = Brand<"DeltaId">;
/** The id of a context's genesis delta: 32 bytes. */
export type ContextId = Brand<"ContextId">;
/** An entity's place in the state tree, as hexadecimal digits: see `state/entity-id.ts`. */
export type EntityId = Brand<"EntityId">;
/** An author's Ed25519 public key: 32 bytes. */
export type AuthorId = Brand<"AuthorId">;
/** Drawn at each start of a node: 8 bytes. Whatever an author counts is counted per incarnation. */
export type Incarnation = Brand<"Incarnation">;
/** A SHA-256 digest: 32 bytes. */
export type Hash = Brand<"Hash">;
/** SHA-256 of a blob's manifest: 32 bytes. */
export type BlobId = Brand<"BlobId">;
/** What two peers call a frontier they have in common: the first 16 bytes of a SHA-256 digest. */
export type FrontierName = Brand<"FrontierName">;
/** A peer as the driver names it (a libp2p peer id, a node of a scenario). Printable. */
export type PeerId = Brand<"PeerId">;
/** A gossip topic. Printable. */
export type Topic = Brand<"Topic">;

export const idBytes = 32;
export const incarnationBytes = 8;
export const frontierNameBytes = 16;

/** The bytes as a string with one character a byte. O(n); meant for ids, not for bulk. */
export function byteString<Id extends string = string>(bytes: Uint8Array): Id {
  // Applied, not spread: an iterator for each id is what costs here.
  return String.fromCharCode.apply(null, bytes as unknown as number[]) as Id;
}

/** The bytes a byte string stands for. O(n). */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

const digitCodes: readonly number[] = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));

/** Lower-case hexadecimal of a byte string. O(n); meant for ids, not for bulk. */
export function toHex(text: string): string {
  const codes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const byte = text.charCodeAt(index);
    codes.push(digitCodes[byte >> 4] as number, digitCodes[byte & 15] as number);
  }
  return String.fromCharCode.apply(null, codes);
}

/** The byte string a hexadecimal text stands for, or null when it is not hexadecimal. */
export function fromHex<Id extends string = string>(hex: string): Id | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return null;
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
  return byteString<Id>(bytes);
}

const topicPrefix = "reconverge/1/";

/** The gossip topic of a context. */
export function topicOf(contextId: ContextId): Topic {
  return (topicPrefix + toHex(contextId)) as Topic;
}

/** The context a topic belongs to, or null for a topic that is none of ours. */
export function contextOfTopic(topic: Topic): ContextId | null {
  if (!topic.startsWith(topicPrefix)) return null;
  const contextId = fromHex<ContextId>(topic.slice(topicPrefix.length));
  return contextId !== null && contextId.length === idBytes ? contextId : null;
}
