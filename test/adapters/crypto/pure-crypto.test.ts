// The contract over plain JavaScript.

import { test } from "uvu";
import { pureCrypto } from "../../../adapters/crypto/pure-crypto.ts";
import { createPureIdentity } from "../../../adapters/crypto/pure-identity.ts";
import { testCrypto } from "./crypto.contract.ts";

testCrypto({ crypto: pureCrypto, createIdentity: createPureIdentity });

test.run();
