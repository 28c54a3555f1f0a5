// Signatures on which Ed25519 libraries differ, made from their equations, each with the verdict of the strict rule.
// The kinds are those of Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020), table 6.
//
// With A = a·B + T and R = r·B + U, where T and U have small order, and S = r + k·a: S·B − k·A = r·B − k·T. So the
// cofactorless equation holds exactly when −k·T = U, and the cofactored one always. k depends on the message, so
// a message is sought for which the case at hand arises.

import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

export const order = Point.Fn.ORDER;
const fieldOrder = Point.Fp.ORDER;
const secret = 0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdefn % order;
const nonce = 0x0fedcba987654321fedcba987654321fedcba987654321fedcba9876543211n;

export interface Crafted {
  readonly title: string;
  readonly valid: boolean;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** A generator of the eight points of small order. */
const torsion = Point.fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", true);
const smallOrderPoints = Array.from({ length: 8 }, (_, factor) => times(torsion, BigInt(factor)));
const base = (scalar: bigint) => times(Point.BASE, scalar);
const keyPoint = base(secret);
const mixedKey = keyPoint.add(torsion);
const noncePoint = base(nonce);

export const crafted: readonly Crafted[] = [
  ...smallOrderPoints.map((key, index) => {
    const publicKey = key.toBytes();
    return craft(`A small (${index}), R and S zero`, false, { publicKey, s: () => 0n, holds: () => true });
  }),
  craft("A small, R mixed, cofactorless equation holds", false, {
    key: torsion,
    r: noncePoint.add(torsion),
    s: () => nonce,
    holds: (k) => times(torsion, order8(-k)).equals(torsion),
  }),
  craft("A mixed, R small, cofactorless equation holds", true, {
    key: mixedKey,
    r: torsion,
    s: (k) => k * secret,
    holds: (k) => order8(-k) === 1n,
  }),
  craft("A mixed, R small, only the cofactored equation holds", false, {
    key: mixedKey,
    r: torsion,
    s: (k) => k * secret,
    holds: (k) => order8(-k) !== 1n,
  }),
  craft("A and R mixed, cofactorless equation holds", true, {
    key: mixedKey,
    r: noncePoint.add(torsion),
    holds: (k) => order8(-k) === 1n,
  }),
  craft("A and R mixed, only the cofactored equation holds", false, {
    key: mixedKey,
    r: noncePoint.add(torsion),
    holds: (k) => order8(-k) !== 1n,
  }),
  craft("A mixed, R of the main group, cofactorless equation holds", true, {
    key: mixedKey,
    holds: (k) => order8(k) === 0n,
  }),
  craft("A mixed, the equation holds for k below L only, not for k as hashed", true, {
    key: mixedKey,
    holds: (k, hashed) => order8(k) === 0n && order8(hashed) !== 0n,
  }),
  craft("A mixed, the equation holds for k as hashed only, not for k below L", false, {
    key: mixedKey,
    holds: (k, hashed) => order8(k) !== 0n && order8(hashed) === 0n,
  }),
  craft("A of the main group, R mixed", false, { r: noncePoint.add(torsion) }),
  craft("an honest signature", true, {}),
  craft("S + L", false, { s: (k) => ((nonce + k * secret) % order) + order, reduce: false }),
  craft("S + 8·L", false, { s: (k) => ((nonce + k * secret) % order) + 8n * order, reduce: false }),
  craft("R not canonical (y = p stands for 0), hashed as given", false, {
    key: mixedKey,
    encodedR: littleEndian(fieldOrder),
    s: (k) => k * secret,
    holds: (k) =>
      times(torsion, order8(-k))
        .toBytes()
        .every((byte) => byte === 0),
  }),
  craft("R the identity with its sign bit set", false, {
    key: mixedKey,
    encodedR: withSign(littleEndian(1n)),
    s: (k) => k * secret,
    holds: (k) => order8(k) === 0n,
  }),
  ...[0n, 1n, 2n, 18n].flatMap((y) =>
    [littleEndian(fieldOrder + y), withSign(littleEndian(fieldOrder + y))].map((publicKey, sign) =>
      craft(`A not canonical (p + ${y}, sign ${sign}), R and S zero`, false, {
        publicKey,
        s: () => 0n,
        holds: (k) => order8(k) === 0n,
      }),
    ),
  ),
  ...nonCanonicalKeyOfLargeOrder(),
  craft("A the identity with its sign bit set", false, {
    publicKey: withSign(littleEndian(1n)),
    s: () => 0n,
  }),
  craft("A of order 2 with its sign bit set", false, {
    publicKey: withSign(littleEndian(fieldOrder - 1n)),
    s: () => 0n,
  }),
];

interface Recipe {
  readonly key?: Point;
  readonly publicKey?: Uint8Array;
  readonly r?: Point;
  readonly encodedR?: Uint8Array;
  readonly s?: (k: bigint) => bigint;
  readonly reduce?: boolean;
  /** Is this the case that is wanted? `k` is below L, `hashed` is the whole hash. */
  readonly holds?: (k: bigint, hashed: bigint) => boolean;
}

function craft(title: string, valid: boolean, recipe: Recipe): Crafted {
  const publicKey = recipe.publicKey ?? (recipe.key ?? keyPoint).toBytes();
  const isZeroR = recipe.publicKey !== undefined && recipe.r === undefined;
  const encodedR = recipe.encodedR ?? (recipe.r ?? (isZeroR ? Point.ZERO : noncePoint)).toBytes();
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const message = Uint8Array.of(attempt & 0xff, attempt >> 8);
    const hashed = fromLittleEndian(sha512(Uint8Array.of(...encodedR, ...publicKey, ...message)));
    const k = hashed % order;
    if (recipe.holds !== undefined && !recipe.holds(k, hashed)) continue;
    const s = recipe.s === undefined ? nonce + k * secret : recipe.s(k);
    const encodedS = littleEndian(recipe.reduce === false ? s : s % order);
    return { title, valid, publicKey, message, signature: Uint8Array.of(...encodedR, ...encodedS) };
  }
  throw new Error(`no message found for: ${title}`);
}

/**
 * A point of large order whose y is so small that y + p also fits 255 bits. Nobody knows its logarithm, so no
 * signature can be made for it; what can be shown is that its second encoding is refused like any bad key.
 */
function nonCanonicalKeyOfLargeOrder(): readonly Crafted[] {
  return [3n, 4n, 5n, 6n].flatMap((y) => {
    try {
      Point.fromBytes(littleEndian(y), true);
    } catch {
      return [];
    }
    return [
      craft(`A not canonical (p + ${y}), of large order`, false, { publicKey: littleEndian(fieldOrder + y) }),
    ];
  });
}

/** A multiple of a point, by a factor that may be 0. */
function times(point: Point, factor: bigint): Point {
  return point.multiplyUnsafe(factor);
}

function order8(value: bigint): bigint {
  return ((value % 8n) + 8n) % 8n;
}

function withSign(encoded: Uint8Array): Uint8Array {
  return encoded.with(31, (encoded[31] ?? 0) | 0x80);
}

export function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
