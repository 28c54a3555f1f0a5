/**
 * How fuzzing calls each method of the built-in applications: arguments with templates, few enough names that calls
 * meet, some that are refused. A test holds the table to the applications: each of their methods stands in it.
 */

import type { JsonObject } from "../../core/json.ts";

/** One way to call a method of an application; of each application what makes things comes first. */
export interface CallTemplate {
  readonly app: string;
  readonly method: string;
  /** Texts in it may hold templates, as in a scenario. */
  readonly args: JsonObject;
}

const key = "k{int 0 9}";
const item = "i{int 0 3}";
const board = "b{int 0 1}";
const channel = "{pick general cooking x}";
const member = "m{int 0 3}";
const ware = "{pick axe bell}";

const byApplication: Readonly<Record<string, Readonly<Record<string, readonly JsonObject[]>>>> = {
  "kv-store": {
    set: [
      { key, value: "{node}-{seq}" },
      { key: "{zipf 200}", value: { text: "{bytes 300}", numbers: [1, -0.5, null] } },
      { key: "{node}/{seq}", value: "{bytes 40}" },
    ],
    remove: [{ key }, { key: "{zipf 200}" }],
    clear: [{}],
    get: [{ key }],
    entries: [{}],
    len: [{}],
  },
  counter: {
    increment: [{ key }, { key: "one", by: "{int 1 1000}" }],
    decrement: [{ key }, { key: "one", by: 3 }],
    reset: [{ key: "one" }, { key }],
    value: [{ key }],
    get: [{ key }],
    values: [{}],
  },
  "todo-list": {
    add: [
      { id: item, title: "{seq} by {node}" },
      { id: "{node}-{seq}", title: "{bytes 20}" },
    ],
    rename: [{ id: item, title: "{node}-{seq}" }],
    mark: [
      { id: item, done: true },
      { id: item, done: false },
    ],
    tag: [{ id: item, tag: "t{int 0 1}" }],
    untag: [{ id: item, tag: "t{int 0 1}" }],
    move: [{ id: item, to: "{int 0 5}" }],
    remove: [{ id: item }],
    get: [{ key: item }],
    list: [{}],
    open: [{}],
  },
  "team-chat": {
    post: [{ channel, text: "{bytes 30}" }],
    // Messages are named by their hashes, which no scenario knows.
    react: [{ channel, emoji: "{pick +1 -1}" }],
    unreact: [{ channel, emoji: "{pick +1 -1}" }],
    close: [{ channel }],
    markRead: [{ channel }],
    introduce: [{ name: member }],
    history: [{ channel }],
    get: [{ key: channel }],
    unread: [{ channel }],
    channels: [{ from: "g", limit: 2 }],
    profiles: [{}],
  },
  "text-editor": {
    insert: [
      { key: "page", at: "{int 0 40}", text: "{bytes 3}" },
      { key, at: 0, text: "{node}" },
    ],
    append: [{ key: "page", text: "{seq} " }],
    erase: [{ key: "page", at: "{int 0 20}", count: "{int 1 5}" }],
    remove: [{ key }],
    get: [{ key: "page" }],
    length: [{ key: "page" }],
    documents: [{}],
  },
  "notice-board": {
    introduce: [{ name: "{node}" }],
    post: [{ board, text: "{node}-{seq}" }],
    clear: [{ board }],
    appoint: [
      { board, member: "n{int 0 3}" },
      { board: "b0", member: "n{int 0 9}" },
    ],
    dismiss: [{ board, member: "n{int 0 3}" }],
    get: [{ key: board }],
    writers: [{ board }],
    boards: [{}],
  },
  auction: {
    offer: [
      { item, title: "{bytes 10}", forMs: "{int 1000 60000}" },
      { item, title: "slow", forMs: 3_600_000 },
    ],
    bid: [{ item, amount: "{int 1 100000}" }],
    get: [{ key: item }],
    bids: [{ item }],
    outbid: [{ item }],
    items: [{}],
  },
  warehouse: {
    order: [
      { ware, order: "{node}-{seq}" },
      { ware, order: "o{int 0 5}" },
    ],
    deliver: [{ ware, count: "{int 1 3}" }],
    send: [{ ware, order: "{node}-{seq}" }],
    beginCount: [{ ware }],
    endCount: [{ ware }],
    get: [{ key: ware }],
    sent: [{}],
    noted: [{ order: "o{int 0 5}" }],
  },
};

export const builtInCalls: readonly CallTemplate[] = Object.entries(byApplication).flatMap(([app, methods]) =>
  Object.entries(methods).flatMap(([method, choices]) => choices.map((args) => ({ app, method, args }))),
);

const blob = "blob{int 0 3}";

/** How blobs are called for, which every context has. Small ones, one of a single chunk, one of two. */
export const blobCalls = {
  put: [
    { method: "put-blob", args: { name: blob, bytes: 0 } },
    { method: "put-blob", args: { name: blob, bytes: 3_000 } },
    { method: "put-blob", args: { name: blob, bytes: 200_000 } },
    { method: "put-blob", args: { name: "large", bytes: 1_100_000 } },
  ],
  get: [
    { method: "get-blob", args: { name: blob } },
    { method: "get-blob", args: { name: "large" } },
  ],
  remove: [{ method: "delete-blob", args: { name: blob } }],
} as const;

/** What stands for the application in the names of calls that the node itself answers. */
export const ofNode = "node";

/** How a call is named in reports. */
export function callName({ app, method }: Pick<CallTemplate, "app" | "method">): string {
  return `${app}.${method}`;
}
