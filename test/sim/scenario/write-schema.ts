// `npm run schema`: writes the published JSON Schema from sim/scenario/schema.ts. A test checks that it is current.

import { writeFileSync } from "node:fs";
import { scenarioSchema } from "../../../sim/scenario/schema.ts";

const file = new URL("../../../sim/scenario/scenario.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(scenarioSchema, null, 2)}\n`);
