// `npm run settings`

import { readFileSync, writeFileSync } from "node:fs";
import { withSettings } from "./settings-table.ts";

const page = new URL("../../docs/operate.md", import.meta.url);
writeFileSync(page, withSettings(readFileSync(page, "utf8")));
