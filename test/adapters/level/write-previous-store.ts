// `npm run previous-store`

import { writePrevious } from "./previous-store.ts";

await writePrevious();
