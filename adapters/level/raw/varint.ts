/** Numbers as LevelDB writes them where they are of no fixed length: seven bits a byte, the lowest first. */

/** The number here, and where it ends; null where there is none, or one above 2^53. */
export function readVarint(bytes: Uint8Array, at: number): readonly [value: number, end: number] | null {
  let value = 0;
  let scale = 1;
  for (let end = at; end < bytes.length; ) {
    const byte = bytes[end] as number;
    end += 1;
    value += (byte & 0x7f) * scale;
    if (!Number.isSafeInteger(value)) return null;
    if (byte < 0x80) return [value, end];
    scale *= 128;
  }
  return null;
}
