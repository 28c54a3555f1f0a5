// The contract over node:crypto.

import { test } from "uvu";
import { createNodeIdentity } from "../../../adapters/crypto/identity.ts";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import { testCrypto } from "./crypto.contract.ts";

testCrypto({ crypto: nodeCrypto, createIdentity: createNodeIdentity });

test.run();
