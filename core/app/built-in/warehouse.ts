/**
 * The built-in warehouse: what is ordered is sent later, by a call that the node queues for itself and tries again
 * until there is enough; who hears of it takes note, once nobody counts what is there. What is owed waits here as it
 * does in no other built-in application.
 */

import { CallError } from "../application.ts";
import { textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { counter } from "../fields/counter.ts";
import { map } from "../fields/map.ts";
import { register } from "../fields/register.ts";
import { set } from "../fields/set.ts";

export const warehouse = defineApp({
  name: "warehouse",
  state: {
    /** Of each ware how many are there; below zero where several sent the last at once. */
    stock: map(counter()),
    /** Wares that are being counted: nobody takes note of what is sent of them. */
    counting: set<string>(),
    /** By order: the ware that was sent. */
    sent: map(register<string>()),
    /** By order: the public keys of the nodes that took note. */
    noted: map(set<string>()),
  },
  methods: {
    /** `{ware, order}` → null. Has it sent as soon as there is one. */
    order(_state, args, { contextId, callContext }) {
      const [ware, order] = [textArgument(args, "ware"), textArgument(args, "order")];
      callContext(contextId, "send", { ware, order });
    },
    /** `{ware, order}` → null. One that is there. */
    send({ stock, sent }, args, { emit }) {
      const [ware, order] = [textArgument(args, "ware"), textArgument(args, "order")];
      if (sent.has(order)) return;
      if (stock.at(ware).value < 1) throw new CallError(`there is no "${ware}" left`);
      stock.at(ware).decrement(1);
      sent.set(order, ware);
      emit("sent", order, "note");
    },
    /** `{ware, count?}` → null. So many come in. */
    deliver({ stock }, args) {
      stock.at(textArgument(args, "ware")).increment(wholeArgument(args, "count", 1));
    },
    /** `{ware}` → null. */
    beginCount({ counting }, args) {
      counting.add(textArgument(args, "ware"));
    },
    /** `{ware}` → null. */
    endCount({ counting }, args) {
      counting.delete(textArgument(args, "ware"));
    },
  },
  views: {
    /** `{key}` → how many are there. */
    get: ({ stock }, args) => stock.at(textArgument(args, "key")).value,
    /** `{}` → wares by order. */
    sent: ({ sent }) => Object.fromEntries(sent.entries()),
    /** `{order}` → who took note. */
    noted: ({ noted }, args) => noted.at(textArgument(args, "order")).values(),
  },
  handlers: {
    note({ counting, sent, noted }, order, { author }) {
      if (typeof order !== "string") throw new CallError("something was sent for no order");
      const ware = sent.get(order);
      if (ware !== undefined && counting.has(ware)) throw new CallError(`"${ware}" is being counted`);
      noted.at(order).add(author);
    },
  },
});
