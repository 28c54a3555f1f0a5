/** Ids as the API writes them: base58 (Bitcoin's alphabet) of their bytes. */

import { base58btc } from "multiformats/bases/base58";
import { byteString, bytesOf, idBytes } from "../../core/ids.ts";

/** The text for an id. */
export function toBase58(id: string): string {
  return base58btc.baseEncode(bytesOf(id));
}

/** The text for some bytes. */
export function textOfBytes(bytes: Uint8Array): string {
  return base58btc.baseEncode(bytes);
}

/** The bytes that a text stands for, or null when it stands for none. */
export function bytesFromBase58(text: string): Uint8Array | null {
  try {
    return base58btc.baseDecode(text);
  } catch {
    return null; // The package says "not base58" by throwing.
  }
}

/** The id of 32 bytes that a text stands for, or null when it stands for none. */
export function fromBase58<Id extends string>(text: string): Id | null {
  const bytes = bytesFromBase58(text);
  return bytes?.length === idBytes ? byteString<Id>(bytes) : null;
}

/** The sentence for a text that is no context id. */
export function noContextId(text: string): string {
  return `"${text}" is no context id: expected 32 bytes in base58`;
}
