/** The built-in chat of a team: channels of messages, reactions, and profiles that only their owners write. */

import { isJsonObject, type Json, type JsonObject } from "../../json.ts";
import { CallError } from "../application.ts";
import { textArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { frozen } from "../fields/frozen.ts";
import { map } from "../fields/map.ts";
import { owned } from "../fields/owned.ts";
import { list } from "../fields/sequence.ts";
import { set } from "../fields/set.ts";

export const teamChat = defineApp({
  name: "team-chat",
  state: {
    /** What was said never changes: a message is named by its hash. */
    messages: frozen<JsonObject>(),
    /** Of each channel the names of its messages. */
    channels: map(list<string>()),
    /** Of each message `[emoji, author]`. */
    reactions: map(set<Json>()),
    profiles: owned<string>(),
  },
  methods: {
    /** `{channel, text}` → the message's name. Emits `message`. */
    post({ messages, channels }, args, call) {
      const channel = textArgument(args, "channel");
      const { author, timeMs } = call;
      const message = { author, timeMs, text: textArgument(args, "text"), nonce: call.random() };
      const name = messages.add(message);
      channels.at(channel).push(name);
      call.emit("message", { channel, name });
      return name;
    },
    /** `{message, emoji}` → null. */
    react({ messages, reactions }, args, { author }) {
      const message = textArgument(args, "message");
      if (!messages.has(message)) throw new CallError(`there is no message ${message}`, "bad-arguments");
      reactions.at(message).add([textArgument(args, "emoji"), author]);
    },
    /** `{message, emoji}` → null. Takes back the caller's own. */
    unreact({ reactions }, args, { author }) {
      reactions.get(textArgument(args, "message"))?.delete([textArgument(args, "emoji"), author]);
    },
    /** `{channel}` → null. */
    close({ channels }, args) {
      channels.delete(textArgument(args, "channel"));
    },
    /** `{name}` → null. How others see the caller. */
    introduce({ profiles }, args) {
      profiles.set(textArgument(args, "name"));
    },
  },
  views: {
    /** `{channel}` → its messages in order: `{author, timeMs, text, reactions}`. */
    history: ({ messages, channels, reactions }, args) =>
      [...channels.at(textArgument(args, "channel"))].flatMap((name) => {
        const message = messages.get(name);
        // Peers may have frozen anything under a name, and may claim any author: a message is not signed by itself.
        if (message === undefined || !isJsonObject(message)) return [];
        const { author = "", timeMs = 0, text = "" } = message;
        return [{ author, timeMs, text, reactions: reactions.get(name)?.values() ?? [] }];
      }),
    /** `{key}` → how many messages a channel has: for expectations of scenarios. */
    get: ({ channels }, args) => channels.at(textArgument(args, "key")).length,
    /** `{}` → the names of channels. */
    channels: ({ channels }) => channels.keys(),
    /** `{}` → names by author. */
    profiles: ({ profiles }) => Object.fromEntries(profiles.entries()),
  },
});
