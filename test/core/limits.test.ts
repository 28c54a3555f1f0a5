// What is valid must not change by accident: the bounds of this version, as the protocol says them.

import { test } from "uvu";
import * as assert from "uvu/assert";
import { idBytes, incarnationBytes } from "../../core/ids.ts";
import * as limits from "../../core/limits.ts";

test("the bounds of this version are those of the protocol", () => {
  assert.equal(
    { ...limits },
    {
      deltaVersion: 1,
      wireVersion: 1,
      parentsMax: 64,
      deltaBytesMax: 1_048_576,
      gossipBytesMax: 1_048_576 + 4_096,
      valueBytesMax: 983_040,
      frameBytesMax: 8_388_608,
      frameItemsMax: 8_192,
      chunkBytes: 1_048_576,
      partBytes: 131_072,
      blobChunksMax: 500,
      blobBytesMax: 524_288_000,
      depthMax: 64,
      writersMax: 64,
      keyCharactersMax: 1_024,
      sortedKeyCharactersMax: 128,
      collectionCharactersMax: 4_096,
      nameCharactersMax: 128,
      actionsMax: 100_000,
      eventsMax: 100,
      idsMax: 4_096,
      headsMax: 256,
      turnDeltasMax: 256,
      turnBytesMax: 4_194_304,
      stampLeadMaxMs: 86_400_000,
      hlcMsMax: 2 ** 48 - 1,
      hlcCounterMax: 65_535,
    },
  );
  assert.is(idBytes, 32);
  assert.is(incarnationBytes, 8);
});

test.run();
