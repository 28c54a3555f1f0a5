/** The applications every node and every simulation has. */

import type { Application } from "../application.ts";
import { auction } from "./auction.ts";
import { counterApp } from "./counter.ts";
import { kvStore } from "./kv-store.ts";
import { noticeBoard } from "./notice-board.ts";
import { teamChat } from "./team-chat.ts";
import { textEditor } from "./text-editor.ts";
import { todoList } from "./todo-list.ts";
import { warehouse } from "./warehouse.ts";

export const builtInApplications: readonly Application[] = [
  kvStore,
  counterApp,
  todoList,
  teamChat,
  textEditor,
  noticeBoard,
  auction,
  warehouse,
];
