/**
 * The command that tests start as users do: compiled by the test command, as it is in an installed package, which takes
 * half the time; by itself a test file starts it as it stands in the checkout.
 */

import { fileURLToPath } from "node:url";

export const testedCli =
  process.env.RECONVERGE_TESTED_CLI ?? fileURLToPath(new URL("../bin.mjs", import.meta.url));
