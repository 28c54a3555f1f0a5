// `npm run vectors`: writes docs/wire-vectors.json. Only for a new version of the wire: what others hold must not change.

import { writeFileSync } from "node:fs";
import { wireVectors } from "./wire-vectors.ts";

const file = new URL("../../docs/wire-vectors.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(wireVectors(), null, 2)}\n`);
