// `npm run kept-store`

import { writeKept } from "./kept-store.ts";

await writeKept();
