/**
 * The built-in chat of a team: channels of messages, reactions, and profiles that only their owners write.
 *
 * Whoever wrote a message or a reaction is known by a place that nobody else can write, so that no replica, however
 * it was changed, can put words into another's mouth: what is not bound to its author so is not shown.
 */

import { isJsonObject, type Json, type JsonObject } from "../../json.ts";
import { CallError } from "../application.ts";
import { textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { type Frozen, frozen } from "../fields/frozen.ts";
import { map, type NestedMap } from "../fields/map.ts";
import { type Owned, owned } from "../fields/owned.ts";
import type { Reading } from "../fields/reading.ts";
import { register } from "../fields/register.ts";
import { list } from "../fields/sequence.ts";
import { sortedMap } from "../fields/sorted.ts";

export const teamChat = defineApp({
  name: "team-chat",
  state: {
    /** What was said never changes: a message is named by its hash. It says who its author is, and where it was said. */
    messages: frozen<JsonObject>(),
    /** Of each message true in the place of its author, who alone can write that. */
    signed: map(owned<boolean>()),
    /** Of each channel the names of its messages. */
    channels: sortedMap(list<string>()),
    /** Of each message everybody's own emojis. */
    reactions: map(owned<readonly string[]>()),
    profiles: owned<string>(),
  },
  private: {
    /** Of each channel the last message that was read here. */
    lastRead: map(register<string>()),
  },
  methods: {
    /** `{channel, text}` → the message's name. Emits `message`. */
    post({ messages, signed, channels }, args, call) {
      const channel = textArgument(args, "channel");
      const { author, timeMs } = call;
      const text = textArgument(args, "text");
      const message = { author, channel, timeMs, text, nonce: call.random() };
      const name = messages.add(message);
      signed.at(name).set(true);
      channels.at(channel).push(name);
      call.emit("message", { channel, name });
      return name;
    },
    /** `{message, emoji}` → null; or `{channel, emoji}`, to its last message. */
    react(state, args) {
      const name = namedBy(args, state);
      if (messageOf(state, name) === null)
        throw new CallError(`there is no message ${name}`, "bad-arguments");
      const emojis = state.reactions.at(name);
      emojis.set(Array.from(new Set([...texts(emojis.get()), textArgument(args, "emoji")])));
    },
    /** `{message, emoji}`, or `{channel, emoji}`, → null. Takes back the caller's own. */
    unreact(state, args) {
      const emojis = state.reactions.at(namedBy(args, state));
      const own = texts(emojis.get());
      const left = own.filter((emoji) => emoji !== textArgument(args, "emoji"));
      if (left.length < own.length) emojis.set(left);
    },
    /** `{channel}` → null. */
    close({ channels }, args) {
      channels.delete(textArgument(args, "channel"));
    },
    /** `{channel}` → null. All that is there now has been read; nobody else learns of it. */
    markRead(state, args) {
      const channel = textArgument(args, "channel");
      const last = messagesIn(state, channel).at(-1);
      if (last !== undefined) state.lastRead.set(channel, last.name);
    },
    /** `{name}` → null. How others see the caller. */
    introduce({ profiles }, args) {
      profiles.set(textArgument(args, "name"));
    },
  },
  views: {
    /** `{channel}` → its messages in order: `{author, timeMs, text, reactions}`; a reaction is `[emoji, author]`. */
    history: (state, args) =>
      messagesIn(state, textArgument(args, "channel")).map(({ name, message }) => {
        const { author = "", timeMs = 0, text = "" } = message;
        return { author, timeMs, text, reactions: reactionsTo(state, name) };
      }),
    /** `{key}` → how many messages a channel has: for expectations of scenarios. */
    get: (state, args) => messagesIn(state, textArgument(args, "key")).length,
    /** `{channel}` → how many messages come after the last one that was read here. */
    unread(state, args) {
      const names = messagesIn(state, textArgument(args, "channel")).map(({ name }) => name);
      return names.length - 1 - names.lastIndexOf(state.lastRead.get(textArgument(args, "channel")) ?? "");
    },
    /** `{from?, limit?}` → the names of channels in order, from this one on, at most so many. */
    channels: ({ channels }, args) => {
      const from = args.from === undefined ? "" : textArgument(args, "from");
      const limit = args.limit === undefined ? undefined : wholeArgument(args, "limit");
      return channels.range({ from, limit }).map(([channel]) => channel);
    },
    /** `{}` → names by author. */
    profiles: ({ profiles }) => Object.fromEntries(profiles.entries()),
  },
});

/** What methods and views both see. */
interface Chat {
  readonly messages: Reading<Frozen<JsonObject>>;
  readonly signed: Reading<NestedMap<Owned<boolean>>>;
  readonly channels: { at(channel: string): Iterable<string> };
  readonly reactions: Reading<NestedMap<Owned<readonly string[]>>>;
}

/** The message of that name, if the author it tells of has signed it. Peers may have frozen anything under a name. */
function messageOf({ messages, signed }: Pick<Chat, "messages" | "signed">, name: string): JsonObject | null {
  const message: Json = messages.get(name) ?? null;
  if (!isJsonObject(message) || typeof message.author !== "string") return null;
  return signed.get(name)?.get(message.author) === true ? message : null;
}

/** In order; a message that peers listed again counts once, and one that was said elsewhere does not. */
function messagesIn(chat: Chat, channel: string) {
  return Array.from(new Set(chat.channels.at(channel))).flatMap((name) => {
    const message = messageOf(chat, name);
    return message === null || message.channel !== channel ? [] : [{ name, message }];
  });
}

/** The name of the message that is meant: where only a channel is given, of its last. */
function namedBy(args: JsonObject, chat: Chat): string {
  if (args.message !== undefined) return textArgument(args, "message");
  const channel = textArgument(args, "channel");
  const last = messagesIn(chat, channel).at(-1);
  if (last === undefined) throw new CallError(`there is no message in "${channel}"`, "bad-arguments");
  return last.name;
}

/** `[emoji, author]` of everybody, sorted by author. */
function reactionsTo({ reactions }: Pick<Chat, "reactions">, name: string): readonly Json[] {
  const everybody = reactions.get(name)?.entries() ?? [];
  return everybody.flatMap(([author, emojis]) => texts(emojis).map((emoji) => [emoji, author]));
}

/** A peer may have put anything into its own place. */
function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
