/** The built-in notice boards: all read them, and those who may write on one appoint and dismiss each other. */

import { CallError } from "../application.ts";
import { textArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { map } from "../fields/map.ts";
import { type Owned, owned } from "../fields/owned.ts";
import { shared } from "../fields/shared.ts";

export const noticeBoard = defineApp({
  name: "notice-board",
  state: {
    /** Each board has one notice and writers of its own; at first whoever made the context. */
    notices: map(shared<string>()),
    /** What people call themselves. */
    names: owned<string>(),
  },
  methods: {
    /** `{name}` → null. How others see the caller. */
    introduce({ names }, args) {
      names.set(textArgument(args, "name"));
    },
    /** `{board, text}` → null. */
    post({ notices }, args) {
      notices.at(textArgument(args, "board")).set(textArgument(args, "text"));
    },
    /** `{board}` → null. Takes the notice off; those who may write stay the same. */
    clear({ notices }, args) {
      notices.at(textArgument(args, "board")).delete();
    },
    /** `{board, member}` → null. A name that one person has, or a public key. */
    appoint({ notices, names }, args) {
      const board = notices.at(textArgument(args, "board"));
      board.rotate([...board.writers, keyOf(textArgument(args, "member"), names)]);
    },
    /** `{board, member}` → null. Somebody stays. */
    dismiss({ notices, names }, args) {
      const board = notices.at(textArgument(args, "board"));
      const dismissed = keyOf(textArgument(args, "member"), names);
      const left = board.writers.filter((writer) => writer !== dismissed);
      if (left.length === 0) throw new CallError("nobody would be left to write on it");
      board.rotate(left);
    },
  },
  views: {
    /** `{key}` → the notice on a board, or null. */
    get: ({ notices }, args) => notices.at(textArgument(args, "key")).get() ?? null,
    /** `{board}` → who may write on it: names by public key, null where they have none. */
    writers: ({ notices, names }, args) =>
      Object.fromEntries(
        notices.at(textArgument(args, "board")).writers.map((writer) => [writer, names.get(writer) ?? null]),
      ),
    /** `{}` → notices by board. */
    boards: ({ notices }) =>
      Object.fromEntries(notices.entries().map(([board, notice]) => [board, notice.get() ?? null])),
  },
});

/** Names are claimed, not proven: one that several claim says nothing. */
function keyOf(member: string, names: Owned<string>): string {
  if (/^[0-9a-f]{64}$/.test(member)) return member;
  const [first, ...others] = names.entries().filter(([, name]) => name === member);
  if (first === undefined) throw new CallError(`nobody is called "${member}"`, "bad-arguments");
  if (others.length === 0) return first[0];
  const message = `${others.length + 1} are called "${member}"; name a public key`;
  throw new CallError(message, "bad-arguments");
}
