/** What a signature covers. */

import { bytesOf } from "../ids.ts";

export const signatureBytes = 64;

/** The bytes a signature covers: the domain as ASCII, then what is signed. */
export function signedMessage(domain: string, content: Uint8Array): Uint8Array {
  const message = new Uint8Array(domain.length + content.length);
  message.set(bytesOf(domain));
  message.set(content, domain.length);
  return message;
}
