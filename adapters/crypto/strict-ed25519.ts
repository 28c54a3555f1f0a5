/**
 * The byte-level half of strict Ed25519 verification, shared by every implementation: which public keys and
 * which S are admissible at all. What is left after it is encode(S·B − k·A) = R, byte for byte.
 * Source: RFC 8032, section 5.1; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020).
 */

export const publicKeyBytes = 32;
export const signatureBytes = 64;
export const seedBytes = 32;

/** p = 2²⁵⁵ − 19, little-endian. */
const fieldOrder = fromHexLittleEndian("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
/** L = 2²⁵² + 27742317777372353535851937790883648493, little-endian. */
const groupOrder = fromHexLittleEndian("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

/** The y coordinates of the eight points of small order: of order 1, 2, 4, and two of order 8. */
const smallOrderY: readonly Uint8Array[] = [
  "0000000000000000000000000000000000000000000000000000000000000001",
  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
  "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
].map(fromHexLittleEndian);

/**
 * May this be a public key: 32 bytes, y below p, not a point of small order? The two points with x = 0, which
 * have a second encoding with the sign bit set, are of small order. Whether it is on the curve is not asked.
 */
export function isAdmissiblePublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== publicKeyBytes) return false;
  const y = Uint8Array.from(publicKey);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, fieldOrder) && !smallOrderY.some((small) => isEqual(small, y));
}

/** Is the second half of the signature below L? Otherwise anyone could make a second signature from a first. */
export function hasReducedScalar(signature: Uint8Array): boolean {
  return signature.length === signatureBytes && isBelow(signature.subarray(32), groupOrder);
}

/** Are these the same bytes? Takes as long as they agree: for public values only. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Compares two little-endian numbers of the same length. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = a.length - 1; index >= 0; index -= 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function fromHexLittleEndian(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[bytes.length - 1 - index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}
