import {
  CallError,
  counter,
  defineApp,
  map,
  register,
  set,
  textArgument,
  wholeArgument,
} from "reconverge/app";

/** What a household has to buy. */
export const shoppingList = defineApp({
  name: "shopping-list",
  state: {
    shop: register<string>(),
    wanted: map(counter()),
    wantedBy: map(set<string>()),
  },
  methods: {
    /** `{item, count?}` → null. Two who want milk at once get two. */
    want({ wanted, wantedBy }, args, call) {
      const item = textArgument(args, "item");
      const count = wholeArgument(args, "count", 1);
      wanted.at(item).increment(count);
      wantedBy.at(item).add(call.author);
      if (count < 1) throw new CallError("want at least one"); // Nothing of the call is left.
      call.emit("wanted", { item, count });
    },
    /** `{item}` → null. */
    bought({ wanted, wantedBy }, args) {
      wanted.delete(textArgument(args, "item"));
      wantedBy.delete(textArgument(args, "item"));
    },
    /** `{shop}` → null. The last one to choose decides. */
    choose({ shop }, args) {
      shop.set(textArgument(args, "shop"));
    },
  },
  views: {
    /** `{}` → where to go. */
    shop: ({ shop }) => shop.get() ?? null,
    /** `{}` → what to buy, and how many. */
    list: ({ wanted }) => Object.fromEntries(wanted.entries().map(([item, { value }]) => [item, value])),
    /** `{key}` → how many of one thing: what `value` in a scenario reads. */
    get: ({ wanted }, args) => wanted.at(textArgument(args, "key")).value,
  },
});
