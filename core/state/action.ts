/** What a delta's payload carries: joinable values, never increments. Applying one is joining it into the state. */

import type { Json } from "../json.ts";

export type Action =
  | { readonly kind: "put"; readonly collection: string; readonly key: string; readonly value: Json }
  | { readonly kind: "remove"; readonly collection: string; readonly key: string };
