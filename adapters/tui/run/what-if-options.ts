/** What may be different from a moment on, in words and as it is asked for. */

import type { InFlight, Intervention } from "../../../sim/what-if.ts";

export interface WhatIfOption {
  readonly text: string;
  readonly intervention: Intervention;
}

const messagesShownMax = 60;
const whileUs = 10_000_000;
const whileWords = `for ${whileUs / 1_000_000} s`;

/** Of the chosen node and of everything; messages to and from it before others. */
export function whatIfOptions(
  messages: readonly InFlight[],
  about: { readonly node: number; readonly nowUs: number; readonly idOf: (node: number) => string },
): readonly WhatIfOption[] {
  const { node, nowUs, idOf } = about;
  const isOwn = ({ from, to }: InFlight) => from === node || to === node;
  const ordered = [...messages.filter(isOwn), ...messages.filter((message) => !isOwn(message))];
  return [
    {
      text: `${idOf(node)} crashed here, and came back after 10 s`,
      intervention: { kind: "crash", node, forUs: whileUs },
    },
    {
      text: `${idOf(node)} were cut off from all others ${whileWords}`,
      intervention: { kind: "cut", node, forUs: whileUs },
    },
    { text: "whatever is wrong now were healed", intervention: { kind: "heal" } },
    ...ordered.slice(0, messagesShownMax).map((message): WhatIfOption => {
      const { kind, from, to, arrivesUs, size, place } = message;
      const what =
        kind === "gossip" || kind === "frame" ? `${kind} of ${size} B` : `${kind} of ${size} messages`;
      const inMs = ((arrivesUs - nowUs) / 1_000).toFixed(1);
      const consequence = kind === "frame" ? ", which breaks the connection" : "";
      return {
        text: `${what} ${idOf(from)} → ${idOf(to)}, due in ${inMs} ms, were lost${consequence}`,
        intervention: { kind: "drop", place },
      };
    }),
  ];
}
