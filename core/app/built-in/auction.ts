/**
 * The built-in auction: items that close at a time, and bids as facts, each in a place that only its bidder writes. Who
 * is outbid is told by a handler: whichever bids a node hears of first, it comes to the same notices.
 */

import { isJsonObject, type Json } from "../../json.ts";
import { CallError } from "../application.ts";
import { textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { map } from "../fields/map.ts";
import { owned } from "../fields/owned.ts";
import { register } from "../fields/register.ts";
import { set } from "../fields/set.ts";

export const auction = defineApp({
  name: "auction",
  state: {
    /** Of each item `title`, `seller` and `closesMs`. */
    items: map(map(register<string | number>())),
    /** Of each item the highest bid of each bidder: `{amount, atMs}`. */
    bids: map(owned<Json>()),
    /** Of each item bids that a higher one was seen for: `[bidder, amount]`. */
    outbid: map(set<Json>()),
  },
  methods: {
    /** `{item, title, forMs}` → null. Offers an item for so long. */
    offer({ items }, args, { author, timeMs }) {
      const item = textArgument(args, "item");
      const forMs = wholeArgument(args, "forMs");
      if (items.has(item)) throw new CallError(`there is an item "${item}" already`);
      items.at(item).set("title", textArgument(args, "title"));
      items.at(item).set("seller", author);
      items.at(item).set("closesMs", timeMs + forMs);
    },
    /** `{item, amount}` → null. Above all bids known here, and before the item closes by the bidder's clock. */
    bid({ items, bids }, args, { timeMs, emit }) {
      const item = textArgument(args, "item");
      const amount = wholeArgument(args, "amount");
      if (timeMs >= closingOf(items, item)) throw new CallError(`"${item}" is closed`);
      const highest = standing(bids.at(item), items, item)[0]?.amount ?? 0;
      if (amount <= highest) throw new CallError(`a bid on "${item}" must be above ${highest}`);
      bids.at(item).set({ amount, atMs: timeMs });
      emit("bid", { item }, "tellOutbid");
    },
  },
  views: {
    /** `{key}` → `{title, price, isOpen, untold}`, or null. `untold`: bidders who are outbid and were not told. */
    get({ items, bids, outbid }, args, { timeMs }) {
      const item = textArgument(args, "key");
      const title = items.get(item)?.get("title");
      if (title === undefined) return null;
      const [winner, ...others] = standing(bids.at(item), items, item);
      const told = outbid.at(item);
      const untold = others.filter(({ bidder, amount }) => !told.has([bidder, amount])).length;
      return { title, price: winner?.amount ?? null, isOpen: timeMs < closingOf(items, item), untold };
    },
    /** `{item}` → `[{bidder, amount}]`, the highest first. */
    bids: ({ items, bids }, args) => {
      const item = textArgument(args, "item");
      return standing(bids.at(item), items, item).map(({ bidder, amount }) => ({ bidder, amount }));
    },
    /** `{item}` → `[bidder, amount]` of bids that were told to be outbid. */
    outbid: ({ outbid }, args) => outbid.at(textArgument(args, "item")).values(),
    /** `{}` → the names of items. */
    items: ({ items }) => items.keys(),
  },
  handlers: {
    /** Notes each bid below the highest known here, once. */
    tellOutbid({ items, bids, outbid }, content) {
      if (!isJsonObject(content) || typeof content.item !== "string")
        throw new CallError("a bid that names no item");
      const { item } = content;
      const [, ...others] = standing(bids.at(item), items, item);
      for (const { bidder, amount } of others) {
        if (!outbid.at(item).has([bidder, amount])) outbid.at(item).add([bidder, amount]);
      }
    },
  },
});

/** Handles, as methods and views alike read them. */
interface Items {
  get(item: string): { get(key: string): string | number | undefined } | undefined;
}
interface Bids {
  entries(): readonly (readonly [bidder: string, bid: Json])[];
}

interface Bid {
  readonly bidder: string;
  readonly amount: number;
  readonly atMs: number;
}

function closingOf(items: Items, item: string): number {
  const closesMs = items.get(item)?.get("closesMs");
  if (typeof closesMs !== "number") throw new CallError(`there is no item "${item}"`, "bad-arguments");
  return closesMs;
}

/** The bids that count, the highest first; of equal ones the earlier. Peers may have put anything in their places. */
function standing(bids: Bids, items: Items, item: string): readonly Bid[] {
  const closesMs = closingOf(items, item);
  return bids
    .entries()
    .flatMap(([bidder, bid]): Bid[] => {
      if (!isJsonObject(bid)) return [];
      const { amount, atMs } = bid;
      const counts = typeof amount === "number" && typeof atMs === "number" && atMs < closesMs;
      return counts ? [{ bidder, amount, atMs }] : [];
    })
    .sort((a, b) => b.amount - a.amount || a.atMs - b.atMs || (a.bidder < b.bidder ? -1 : 1));
}
