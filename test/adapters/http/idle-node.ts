import type { NodeApi } from "../../../adapters/http/api.ts";
import type { AuthorId } from "../../../core/ids.ts";
import { Events } from "../../../node/events.ts";

/** The API of a node on which nothing is and nothing happens. */
export const idleNode: NodeApi = {
  author: "a".repeat(32) as AuthorId,
  peer: "12D3me",
  call: async () => ({ kind: "executed", output: null, written: null }),
  contexts: async () => [],
  context: async () => null,
  members: async () => null,
  parked: async () => [],
  blobs: async () => null,
  keptBlobs: async () => [],
  peers: () => [],
  listen: () => new Events().subscribe(() => true),
  standing: async () => null,
  status: () => ({ state: "running" }),
  state: () => "running",
  metrics: async () => "a_metric 1\n",
  beginStoreCopy: () => {},
  storeCopy: () => ({ state: "none" }),
};
