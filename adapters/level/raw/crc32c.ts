/**
 * CRC-32C (Castagnoli), by which LevelDB tells what it wrote: of blocks in tables, of records in logs. A checksum is the
 * complement of a register, which each byte moves on.
 */

/** The polynomial, its lowest power in the highest bit. */
export const polynomial = 0x82f63b78;
/** Before the first byte. */
export const firstRegister = 0xffffffff;
const maskDelta = 0xa282ead8;

const steps = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit += 1)
    register = register & 1 ? (register >>> 1) ^ polynomial : register >>> 1;
  return register >>> 0;
});

/** The register behind one byte more. */
export function moveOn(register: number, byte: number): number {
  return (steps[(register ^ byte) & 0xff] as number) ^ (register >>> 8);
}

/** As LevelDB stores it: rotated and shifted, so that a checksum of checksums stays a good one. O(bytes). */
export function maskedCrc(bytes: Uint8Array): number {
  let register = firstRegister;
  for (const byte of bytes) register = moveOn(register, byte);
  const crc = ~register;
  return (((crc >>> 15) | (crc << 17)) + maskDelta) >>> 0;
}

/** The register at the end of what has this checksum. */
export function registerOf(masked: number): number {
  const rotated = (masked - maskDelta) >>> 0;
  return ~((rotated >>> 17) | (rotated << 15));
}
