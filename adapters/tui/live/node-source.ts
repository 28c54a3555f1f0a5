/** A running node, as far as it can be asked. Whoever starts the view brings the client. */

import type { JsonObject } from "../../../core/json.ts";

export interface NodeSource {
  /** As it was given: what the node is called as long as it has not answered. */
  readonly url: string;
  /** The answer of an admin route. Rejects with a sentence for people. */
  get(path: string): Promise<JsonObject>;
  post(path: string, body: JsonObject): Promise<JsonObject>;
  /** Calls back whenever something happens in one of the node's contexts, and once to begin with. Settles when it hears no more. */
  listen(heard: () => void): Promise<void>;
}
