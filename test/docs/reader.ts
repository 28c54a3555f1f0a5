import { defineApp, register, set, sortedMap, textArgument } from "reconverge/app";

/** Articles that all share, and what each node has read of them. */
export const reader = defineApp({
  name: "reader",
  state: { articles: sortedMap(register<string>()) },
  private: { read: set<string>() },
  methods: {
    publish({ articles }, args) {
      articles.set(textArgument(args, "title"), textArgument(args, "text"));
    },
    markRead({ articles, read }, args) {
      const title = textArgument(args, "title");
      if (articles.has(title)) read.add(title);
    },
  },
  views: {
    unread: ({ articles, read }) => articles.keys().filter((title) => !read.has(title)),
  },
});
