/** A peer's mistake, as a value. The core reports it and goes on; it never throws for what others send. */

export type FaultCode =
  /** Not decodable, or not of the shape its kind demands. */
  | "malformed"
  /** Decodable, but not the one encoding its content has. */
  | "non-canonical"
  | "too-large"
  | "too-deep"
  | "bad-signature"
  /** A wire or delta version this node does not know. */
  | "unknown-version"
  /** Part of a state or its history that is not what its hash, or what came before it, says. */
  | "false-state"
  /** A manifest or a chunk that is not what its hash says. */
  | "false-blob"
  /** A delta, heartbeat or answer for another context than the one it came under. */
  | "wrong-context"
  /** A delta whose author might not make it where it was made. */
  | "not-permitted"
  /** A delta older than a past that everyone asked has closed without it. Its relayer may not know yet. */
  | "too-late"
  /** A parentless delta that is not its context's genesis. */
  | "no-parents"
  /** A message that its session's state does not allow. */
  | "out-of-turn"
  /** More than a bound of the protocol allows. */
  | "over-limit";

export interface Fault {
  readonly kind: "fault";
  readonly code: FaultCode;
  /** What was found and what was expected, for a log line. */
  readonly detail: string;
}

export function fault(code: FaultCode, detail: string): Fault {
  return { kind: "fault", code, detail };
}

export function isFault(value: { readonly kind: string }): value is Fault {
  return value.kind === "fault";
}
