import type { NodeApi } from "../../../adapters/http/api.ts";
import { Events } from "../../../node/events.ts";

/** Of a node on which nothing happens. */
export const nobodyListens: Pick<NodeApi, "listen" | "standing"> = {
  listen: () => new Events().subscribe(() => true),
  standing: async () => null,
};
