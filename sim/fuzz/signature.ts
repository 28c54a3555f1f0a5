/** Which violations are one and the same mistake, seen at other times, on other nodes, in other runs. */

import type { Violation } from "../oracles/oracles.ts";

/** What tells a mistake of an oracle from others, where that is less than the message. */
const essences: Readonly<Record<string, (message: string) => string>> = {
  "handlers-commute": (message) => message.split(" come to different ends")[0] ?? "",
  // Its first line, and the function that threw.
  "invariant-thrown": (message) => {
    const [said = "", ...stack] = message.split("\n");
    return `${said} ${/^\s*at (?:async )?([\w.#<> ]+)/.exec(stack.find((line) => /^\s*at /.test(line)) ?? "")?.[1] ?? ""}`;
  },
  // Whose role it is, and which, follows from the calls.
  "equal-heads-equal-members": () => "",
  // The kind of entity: whose it is, what is in it and what it rests on follows from the calls.
  "naive-model": (message) =>
    /^\d/.test(message) ? "entities stored" : (/^(?:the )?(?:value of )?(\w+)/.exec(message)?.[1] ?? ""),
  converged: lackingIn,
  liveness: lackingIn,
};

/** What keeps a run from converging, by how it is told. */
const lacking: readonly (readonly [told: RegExp, essence: string])[] = [
  [/^converged /, "late"],
  [/: no live member of /, "nobody is left"],
  [/ has nothing of /, "has nothing of a context"],
  [/ lacks delta /, "lacks a delta"],
  [/ still has \d+ deltas of .* pending$/, "deltas are pending"],
  [/ still owes /, "owes handlers or calls"],
  [/ has another state of /, "roots differ"],
];

function lackingIn(message: string): string {
  return lacking.find(([told]) => told.test(message))?.[1] ?? "never";
}

/** Texts that are equal for violations of the same kind. Numbers, ids and hashes do not count. */
export function signatureOf({
  oracle,
  invariant,
  message,
}: Omit<Violation, "node" | "atMs" | "event">): string {
  const essence = (essences[oracle] ?? ((text: string) => text))(message);
  return `${oracle}${invariant === null ? "" : `/${invariant}`}: ${normalized(essence)}`;
}

function normalized(text: string): string {
  return text
    .replace(/\b[0-9a-f]{16,}(?::\d+)?\b/g, "…")
    .replace(/\b[A-Za-z]+[0-9]+\b/g, "…")
    .replace(/-?\b\d+(?:\.\d+)?\b/g, "#")
    .trim();
}
