/** The built-in editor: documents by name, which everybody edits at once. */

import { textArgument, wholeArgument } from "../arguments.ts";
import { defineApp } from "../define-app.ts";
import { map } from "../fields/map.ts";
import { text } from "../fields/sequence.ts";

export const textEditor = defineApp({
  name: "text-editor",
  state: { documents: map(text()) },
  methods: {
    /** `{key, at, text}` → null. Before the character at that position; beyond the end means at the end. */
    insert({ documents }, args) {
      const document = documents.at(textArgument(args, "key"));
      const at = Math.min(wholeArgument(args, "at"), document.length);
      document.insert(at, textArgument(args, "text"));
    },
    /** `{key, text}` → null. */
    append({ documents }, args) {
      documents.at(textArgument(args, "key")).append(textArgument(args, "text"));
    },
    /** `{key, at, count?}` → null. */
    erase({ documents }, args) {
      const document = documents.at(textArgument(args, "key"));
      document.delete(wholeArgument(args, "at"), wholeArgument(args, "count", 1));
    },
    /** `{key}` → null. The whole document. */
    remove({ documents }, args) {
      documents.delete(textArgument(args, "key"));
    },
  },
  views: {
    /** `{key}` → the text, or null when there is no such document. */
    get: ({ documents }, args) => documents.get(textArgument(args, "key"))?.toString() ?? null,
    /** `{key}` → how many characters it has. */
    length: ({ documents }, args) => documents.at(textArgument(args, "key")).length,
    /** `{}` → the names of documents. */
    documents: ({ documents }) => documents.keys(),
  },
});
