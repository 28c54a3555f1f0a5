// Values to compare whatever kind of byte array they hold: Node's codec gives Buffers, others Uint8Arrays.

/** The same with every array of bytes as hexadecimal text. */
export function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Set) return value;
  if (value instanceof Map) return new Map(Array.from(value, ([key, entry]) => [key, plain(entry)]));
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
}
