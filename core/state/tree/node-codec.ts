/**
 * Nodes of the state tree in bytes. Ids and prefixes are one character a digit, without what the node itself is
 * stored under; numbers are big-endian.
 *
 *   bucket: 00 · of each leaf: length of the rest of its id (2), rest, hash (32), when deleted (6)
 *   branch: 01 · length of the rest of its prefix (2), rest · of each child: digit (1), length of the rest of its
 *           prefix (2), rest, version (6), hash (32), leaves beneath (6), oldest deletion (6)
 */

import { byteString, bytesOf, type EntityId, type Hash, idBytes } from "../../ids.ts";
import { refuse } from "../../wire/cbor.ts";
import { expectByteString, expectFields, expectInteger, expectText } from "../../wire/expect.ts";
import {
  type Branch,
  type Bucket,
  countOf,
  digitOf,
  type Leaf,
  type LoadedNode,
  neverMs,
  type StoredNode,
} from "./tree-node.ts";

const numberBytes = 6;

/** A node all of whose children are stored, as it is stored under a key with this prefix. */
export function encodeNode(node: LoadedNode, prefix: string): Uint8Array {
  if (node.kind === "branch") return bytesOf(branchText(node, prefix));
  const leaves = node.leaves.map(
    ({ id, hash, deletedMs = neverMs }) => withLength(id.slice(prefix.length)) + hash + numberText(deletedMs),
  );
  return bytesOf(`\u0000${leaves.join("")}`);
}

function branchText(branch: Branch, prefix: string): string {
  const children = branch.children.map((child, digit) => {
    if (child === null) return "";
    const { prefix: own, version, hash, count, oldestMs } = child as StoredNode;
    const rest = own.slice(branch.prefix.length + 1);
    const place = String.fromCharCode(digit) + withLength(rest);
    return place + numberText(version) + hash + numberText(count) + numberText(oldestMs);
  });
  return `\u0001${withLength(branch.prefix.slice(prefix.length))}${children.join("")}`;
}

/** The content of a stored node. Frozen. For use inside `decoding`. */
export function decodeNode(bytes: Uint8Array, { prefix, hash, count }: StoredNode): LoadedNode {
  const reader = new TextReader(bytes);
  const code = reader.number(1);
  if (code > 1) return refuse("malformed", `a node of the unknown kind ${code}`);
  const node = code === 0 ? readBucket(reader, prefix, hash) : readBranch(reader, prefix, hash);
  if (countOf(node) !== count) refuse("malformed", `${countOf(node)} leaves, expected ${count}`);
  return Object.freeze(node);
}

function readBucket(reader: TextReader, prefix: string, hash: Hash): Bucket {
  const leaves: Leaf[] = [];
  while (!reader.isAtEnd) {
    const id = [prefix, reader.withLength()].join("") as EntityId;
    const hash = reader.take(idBytes) as Hash;
    const deletedMs = reader.number(numberBytes);
    leaves.push(Object.freeze(deletedMs === neverMs ? { id, hash } : { id, hash, deletedMs }));
  }
  Object.freeze(leaves);
  return { kind: "bucket", leaves, hash };
}

function readBranch(reader: TextReader, prefix: string, hash: Hash): Branch {
  const own = [prefix, reader.withLength()].join("");
  const children: (StoredNode | null)[] = Array.from({ length: 16 }, () => null);
  while (!reader.isAtEnd) {
    const digit = reader.number(1);
    if (digit > 15) refuse("malformed", `a child at digit ${digit} of a branch`);
    children[digit] = readChild(reader, own + digitOf(digit));
  }
  const count = children.reduce((sum, child) => sum + (child?.count ?? 0), 0);
  Object.freeze(children);
  const oldestMs = children.reduce((oldest, child) => Math.min(oldest, child?.oldestMs ?? neverMs), neverMs);
  return { kind: "branch", prefix: own, children, count, hash, oldestMs };
}

function readChild(reader: TextReader, start: string): StoredNode {
  return Object.freeze({
    kind: "stored",
    prefix: [start, reader.withLength()].join(""),
    version: reader.number(numberBytes),
    hash: reader.take(idBytes) as Hash,
    count: reader.number(numberBytes),
    oldestMs: reader.number(numberBytes),
  });
}

/** `[prefix, version, hash, count, oldest deletion]`, for records of other things. */
export function encodeStored({ prefix, version, hash, count, oldestMs }: StoredNode): readonly unknown[] {
  return [prefix, version, bytesOf(hash), count, oldestMs];
}

/** For use inside `decoding`. */
export function decodeStored(value: unknown): StoredNode {
  const [prefix, version, hash, count, oldestMs] = expectFields(value, 5, "a stored node");
  return Object.freeze({
    kind: "stored",
    prefix: expectText(prefix, 0xffff),
    version: expectInteger(version, Number.MAX_SAFE_INTEGER),
    hash: expectByteString<Hash>(hash),
    count: expectInteger(count, Number.MAX_SAFE_INTEGER),
    oldestMs: expectInteger(oldestMs, neverMs),
  });
}

function withLength(digits: string): string {
  return String.fromCharCode(digits.length >> 8, digits.length & 0xff) + digits;
}

function numberText(value: number): string {
  const high = Math.floor(value / 0x1_0000_0000);
  return String.fromCharCode(
    high >> 8,
    high & 0xff,
    (value >>> 24) & 0xff,
    (value >>> 16) & 0xff,
    (value >>> 8) & 0xff,
    value & 0xff,
  );
}

/** Reads bytes as text of one character a byte. Refuses to read beyond their end. */
class TextReader {
  readonly #text: string;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#text = byteString(bytes);
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#text.length;
  }

  take(length: number): string {
    const end = this.#offset + length;
    if (end > this.#text.length) refuse("malformed", "it ends in the middle");
    const taken = this.#text.slice(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  number(bytes: number): number {
    let value = 0;
    for (const character of this.take(bytes)) value = value * 256 + character.charCodeAt(0);
    return value;
  }

  withLength(): string {
    return this.take(this.number(2));
  }
}
