// What every implementation of core's `Crypto` and of an identity must do.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bytesOf, type PeerId } from "../../../core/ids.ts";
import type { Crypto, Identity } from "../../../core/ports.ts";
import { crafted, fromLittleEndian, littleEndian, order } from "./crafted-signatures.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
const peer = "peer" as PeerId;

/** RFC 8032, section 7.1, tests 1 to 3. */
const rfcVectors = [
  {
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
].map(({ seed, publicKey, message, signature }) => ({
  seed: hex(seed),
  publicKey: hex(publicKey),
  message: hex(message),
  signature: hex(signature),
}));

export interface CryptoImplementation {
  readonly crypto: Crypto;
  readonly createIdentity: (seed: Uint8Array, peer: PeerId) => Identity;
}

export function testCrypto({ crypto, createIdentity }: CryptoImplementation): void {
  test("SHA-256 gives the digests of FIPS 180-4", () => {
    const digest = (text: string) =>
      Buffer.from(crypto.sha256(new TextEncoder().encode(text))).toString("hex");
    assert.is(digest(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert.is(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert.is(crypto.sha256(new Uint8Array(3)).constructor, Uint8Array);
  });

  test("a digest and a signature do not change when their input does", () => {
    const bytes = new Uint8Array(64).fill(1);
    const digest = crypto.sha256(bytes.subarray(1, 33));
    const before = Buffer.from(digest).toString("hex");
    bytes.fill(2);
    assert.is(Buffer.from(digest).toString("hex"), before);
  });

  test("keys and signatures are those of RFC 8032", () => {
    for (const { seed, publicKey, message, signature } of rfcVectors) {
      const identity = createIdentity(seed, peer);
      assert.equal(bytesOf(identity.author), publicKey);
      assert.equal(Uint8Array.from(identity.sign(message)), signature);
      assert.is(identity.peer, peer);
      const signer = crypto.signer(seed);
      assert.equal(bytesOf(signer.author), publicKey);
      assert.equal(Uint8Array.from(signer.sign(message)), signature);
      assert.ok(crypto.verify(publicKey, message, signature));
    }
  });

  test("a seed of another length is refused", () => {
    for (const length of [0, 31, 33]) {
      assert.throws(() => createIdentity(new Uint8Array(length), peer), RangeError);
      assert.throws(() => crypto.signer(new Uint8Array(length)), RangeError);
    }
  });

  test("keys and signatures of another length are refused without an exception", () => {
    const [{ publicKey, message, signature }] = rfcVectors as [(typeof rfcVectors)[number]];
    for (const length of [0, 1, 31, 33, 64])
      assert.not(crypto.verify(new Uint8Array(length), message, signature));
    for (const length of [0, 1, 63, 65, 128])
      assert.not(crypto.verify(publicKey, message, new Uint8Array(length)));
    assert.not(crypto.verify(Uint8Array.of(...publicKey, 0), message, signature));
    assert.not(crypto.verify(publicKey, message, Uint8Array.of(...signature, 0)));
    assert.not(crypto.verify(publicKey.subarray(0, 31), message, signature));
  });

  test("a public key that is on no point of the curve is refused", () => {
    const [{ message, signature }] = rfcVectors as [(typeof rfcVectors)[number]];
    assert.not(crypto.verify(littleEndian(2n), message, signature));
  });

  for (const { title, valid, publicKey, message, signature } of crafted) {
    test(`${valid ? "valid" : "refused"}: ${title}`, () => {
      assert.is(crypto.verify(publicKey, message, signature), valid);
    });
  }

  test("a signature is refused with any bit of it, of the message or of the key flipped", () => {
    const identity = createIdentity(new Uint8Array(32).fill(3), peer);
    const message = new TextEncoder().encode("said once");
    const whole = Uint8Array.of(...bytesOf(identity.author), ...identity.sign(message), ...message);
    const verify = (bytes: Uint8Array) =>
      crypto.verify(bytes.subarray(0, 32), bytes.subarray(96), bytes.subarray(32, 96));
    assert.ok(verify(whole));
    const flip = (bit: number) => whole.with(bit >> 3, (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length * 8 - 1 }), (bit) => !verify(flip(bit))),
      { numRuns: 150 },
    );
  });

  test("what is signed verifies, and S + L in its place does not", () => {
    const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
    fc.assert(
      fc.property(bytes(32, 32), bytes(0, 300), (seed, message) => {
        const identity = createIdentity(seed, peer);
        const signature = identity.sign(message);
        const raised = littleEndian(fromLittleEndian(signature.subarray(32)) + order);
        const publicKey = bytesOf(identity.author);
        return (
          crypto.verify(publicKey, message, signature) &&
          !crypto.verify(publicKey, message, Uint8Array.of(...signature.subarray(0, 32), ...raised))
        );
      }),
      { numRuns: 30 },
    );
  });
}
