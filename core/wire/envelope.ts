/**
 * What is said on the topic of a closed context, sealed: [2, key name, nonce, ciphertext with its tag]. AES-256-GCM; the
 * nonce follows from key and content, so that what is said again is the same message again, and no two contents
 * share one. The topic is authenticated with it.
 */

import type { Fault } from "../fault.ts";
import { byteString, bytesOf } from "../ids.ts";
import { gossipBytesMax } from "../limits.ts";
import type { Crypto } from "../ports.ts";
import { decodeValue, decoding, encode } from "./cbor.ts";
import { expectByteString, expectBytes, expectFields, expectInteger } from "./expect.ts";

export const envelopeTag = 2;
export const keyNameBytes = 8;
const sealNonceBytes = 12;

/** The key of a topic: 32 secret bytes, and what everyone may know it by. */
export interface TopicKey {
  readonly secret: Uint8Array;
  /** 8 bytes. */
  readonly name: string;
}

export interface Envelope {
  readonly kind: "envelope";
  readonly keyName: string;
  readonly nonce: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Is this message sealed, rather than a delta or a heartbeat? */
export function isEnvelope(message: Uint8Array): boolean {
  return message[1] === envelopeTag;
}

export function sealEnvelope(
  content: Uint8Array,
  { key, topic, crypto }: { readonly key: TopicKey; readonly topic: string; readonly crypto: Crypto },
): Uint8Array {
  const about = bytesOf(topic);
  const message = new Uint8Array(key.secret.length + content.length);
  message.set(key.secret);
  message.set(content, key.secret.length);
  const nonce = crypto.sha256(message).slice(0, sealNonceBytes);
  const ciphertext = crypto.seal(key.secret, { nonce, content, about });
  return encode([envelopeTag, bytesOf(key.name), nonce, ciphertext]);
}

export function decodeEnvelope(message: Uint8Array): Envelope | Fault {
  return decoding("envelope", () => {
    const fields = expectFields(decodeValue(message, gossipBytesMax), 4, "an envelope");
    expectInteger(fields[0], envelopeTag, envelopeTag);
    return {
      kind: "envelope",
      keyName: expectByteString(fields[1], keyNameBytes),
      nonce: bytesOf(expectByteString(fields[2], sealNonceBytes)),
      ciphertext: expectBytes(fields[3], gossipBytesMax),
    } as const;
  });
}

/** What was sealed with this key on this topic, or null where it was not. */
export function openEnvelope(
  { nonce, ciphertext }: Envelope,
  { key, topic, crypto }: { readonly key: TopicKey; readonly topic: string; readonly crypto: Crypto },
): Uint8Array | null {
  return crypto.open(key.secret, { nonce, ciphertext, about: bytesOf(topic) });
}

const keyDomain = "reconverge/topic-key/1";
const keyNameDomain = "reconverge/topic-key-name/1";

/** The key that these secrets make up, in this order. */
export function deriveTopicKey(secrets: readonly string[], crypto: Crypto): TopicKey {
  const secret = crypto.sha256(bytesOf(keyDomain + secrets.join("")));
  const named = crypto.sha256(bytesOf(keyNameDomain + byteString(secret)));
  return Object.freeze({ secret, name: byteString(named.slice(0, keyNameBytes)) });
}
