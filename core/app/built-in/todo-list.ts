/** The built-in to-do list: items by id with a title, tags and a mark, in an order that people arrange. */

import type { Json } from "../../json.ts";
import { CallError } from "../application.ts";
import { booleanArgument, textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { map, type NestedMap, type ValueMap } from "../fields/map.ts";
import type { Reading } from "../fields/reading.ts";
import { register } from "../fields/register.ts";
import { type List, list } from "../fields/sequence.ts";
import { sortedSet } from "../fields/sorted.ts";

export const todoList = defineApp({
  name: "todo-list",
  state: {
    /** Of each item `title` and `done`. */
    items: map(map(register<string | boolean>())),
    tags: map(sortedSet()),
    order: list<string>(),
  },
  methods: {
    /** `{id, title}` → null. At the end of the list. */
    add({ items, tags, order }, args) {
      const id = textArgument(args, "id");
      const title = textArgument(args, "title");
      if (arranged(order, items).includes(id)) throw new CallError(`there is an item "${id}" already`);
      // What a concurrent call may have left of an older item of that id.
      items.delete(id);
      tags.delete(id);
      removeFrom(order, id);
      items.at(id).set("title", title);
      items.at(id).set("done", false);
      order.push(id);
    },
    /** `{id, title}` → null. */
    rename({ items }, args) {
      existing(items, args.id).set("title", textArgument(args, "title"));
    },
    /** `{id, done}` → null. */
    mark({ items }, args) {
      existing(items, args.id).set("done", booleanArgument(args, "done"));
    },
    /** `{id, tag}` → null. */
    tag({ items, tags }, args) {
      existing(items, args.id);
      tags.at(textArgument(args, "id")).add(textArgument(args, "tag"));
    },
    /** `{id, tag}` → null. */
    untag({ tags }, args) {
      tags.get(textArgument(args, "id"))?.delete(textArgument(args, "tag"));
    },
    /** `{id, to}` → null. To a position among the items. */
    move({ items, order }, args) {
      existing(items, args.id);
      const id = textArgument(args, "id");
      const to = wholeArgument(args, "to");
      // Positions are those of the list as it shows, so the order is made to be just that.
      const shown = arranged(order, items).filter((each) => each !== id);
      for (const each of new Set(order.toArray().filter((other) => !shown.includes(other))))
        removeFrom(order, each);
      const before = shown[Math.max(0, to)];
      const at = before === undefined ? order.length : order.toArray().indexOf(before);
      order.insert(at < 0 ? order.length : at, id);
    },
    /** `{id}` → null. An item that is gone already stays gone. */
    remove({ items, tags, order }, args) {
      const id = textArgument(args, "id");
      items.delete(id);
      tags.delete(id);
      removeFrom(order, id);
    },
  },
  views: {
    /** `{key}` → `{title, done, tags}` of the item with that id, or null. */
    get: ({ items, tags }, args) => {
      const id = textArgument(args, "key");
      const item = items.get(id);
      return item === undefined || !isWhole(item) ? null : describe(item, tags.get(id)?.values() ?? []);
    },
    /** `{}` → all items in order: `{id, title, done, tags}`. */
    list: ({ items, tags, order }) =>
      arranged(order, items).flatMap((id) => {
        const item = items.get(id);
        return item === undefined ? [] : [{ id, ...describe(item, tags.get(id)?.values() ?? []) }];
      }),
    /** `{}` → how many are not done. */
    open: ({ items }) => items.values().filter((item) => isWhole(item) && item.get("done") !== true).length,
  },
});

type Item = ValueMap<string | boolean>;

/** What methods and views both see. */
type Items = Reading<NestedMap<Item>>;

function existing(items: NestedMap<Item>, id: Json | undefined): Item {
  const item = typeof id === "string" ? items.get(id) : undefined;
  if (item === undefined || !isWhole(item))
    throw new CallError(`there is no item ${JSON.stringify(id ?? null)}`, "bad-arguments");
  return item;
}

function describe(item: Reading<Item>, tags: readonly string[]) {
  return { title: item.get("title") ?? "", done: item.get("done") ?? false, tags };
}

/** A change concurrent with a removal may bring back just what it changed: that is no item. */
function isWhole(item: Reading<Item>): boolean {
  return typeof item.get("title") === "string";
}

/** Ids of the items as they show. Moved by two at once, an item may stand in the order twice: the first place counts. */
function arranged(order: Reading<List<string>>, items: Items): readonly string[] {
  const whole = items.keys().filter((id) => isWhole(items.at(id)));
  return Array.from(new Set([...order, ...whole])).filter((id) => whole.includes(id));
}

function removeFrom(order: List<string>, id: string): void {
  const places = order.toArray().flatMap((each, index) => (each === id ? [index] : []));
  for (const index of places.reverse()) order.delete(index);
}
