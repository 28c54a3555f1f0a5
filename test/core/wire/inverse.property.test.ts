// What is decoded is what was encoded, and a delta's id covers everything a receiver acts on.

import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { DeltaKind } from "../../../core/dag/delta.ts";
import { byteString } from "../../../core/ids.ts";
import { encode } from "../../../core/wire/cbor.ts";
import { headOfSealed, openDelta, sealDelta } from "../../../core/wire/delta-codec.ts";
import { isHeartbeat, openHeartbeat, sealHeartbeat } from "../../../core/wire/gossip-codec.ts";
import { decodeSyncMessage, encodeSyncMessage, type SyncMessage } from "../../../core/wire/sync-message.ts";
import { holds } from "../../laws.ts";
import { opened } from "../authors.ts";
import { drafts, heartbeats, syncMessages } from "./messages.ts";

test("a sealed delta opens to what its author decided", () => {
  holds(
    fc.property(drafts, ({ draft, identity }) => {
      const sealed = sealDelta(draft, identity, nodeCrypto);
      assert.not(isHeartbeat(sealed));
      const { kind, id, bodyDigest, sealed: kept, ...fields } = opened(sealed);
      assert.is(kind, "delta");
      assert.is(kept, sealed);
      assert.is(bodyDigest, headOfSealed(sealed, nodeCrypto).bodyDigest);
      const contextId = draft.content.kind === "genesis" ? id : draft.contextId;
      assert.equal(fields, { ...draft, contextId });
    }),
  );
});

test("an opened delta seals to the same bytes", () => {
  holds(
    fc.property(drafts, ({ draft, identity }) => {
      const delta = opened(sealDelta(draft, identity, nodeCrypto));
      const contextId = delta.content.kind === "genesis" ? "" : delta.contextId;
      assert.equal(sealDelta({ ...delta, contextId }, identity, nodeCrypto), delta.sealed);
    }),
    { share: 0.5 },
  );
});

/** Is a delta of this kind without events? */
const isSilent = (kind: DeltaKind) => kind === "membership" || kind === "checkpoint";

test("another field gives another id", () => {
  // Without handlers, which not every kind of delta may name.
  const anyKind = drafts.map(({ draft, identity }) => ({
    identity,
    draft: { ...draft, events: draft.events.map((event) => ({ ...event, handler: null })) },
  }));
  const pairs = fc.tuple(anyKind, anyKind).map(([one, other]) => {
    const { content, events, hlc, incarnation } = other.draft;
    const silent = isSilent(content.kind) ? { events } : {};
    const parts = { contextId: other.draft.contextId, parents: other.draft.parents, ...silent };
    return {
      ...one,
      changes: [{ content, ...parts }, { events }, { hlc }, { incarnation }, { author: other.draft.author }],
    };
  });
  holds(
    fc.property(pairs, ({ draft, identity, changes }) => {
      const idOf = (sealed: Uint8Array) => {
        const delta = openDelta(sealed, { ...nodeCrypto, verify: () => true });
        if (delta.kind === "fault") throw new Error(delta.detail);
        return delta.id;
      };
      const encodingOf = (change: object) => sealDelta({ ...draft, ...change }, identity, nodeCrypto);
      for (const change of changes) {
        if (isSilent(draft.content.kind) && "events" in change) continue;
        const isSame =
          byteString(encode(Object.values(change))) === byteString(encode(valuesOf(draft, change)));
        assert.is(idOf(encodingOf(change)) === idOf(encodingOf({})), isSame, Object.keys(change).join());
      }
    }),
    { share: 0.3 },
  );
});

test("no bit of a sealed delta can be flipped unnoticed", () => {
  holds(
    fc.property(drafts, fc.nat(), fc.integer({ min: 0, max: 7 }), ({ draft, identity }, at, bit) => {
      const sealed = sealDelta(draft, identity, nodeCrypto);
      const flipped = Uint8Array.from(sealed);
      const index = at % sealed.length;
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      assert.is(openDelta(flipped, nodeCrypto).kind, "fault");
    }),
  );
});

test("a delta is signed by its author and nobody else", () => {
  holds(
    fc.property(drafts, drafts, ({ draft, identity }, other) => {
      const delta = openDelta(sealDelta(draft, other.identity, nodeCrypto), nodeCrypto);
      assert.is(delta.kind === "delta", identity.author === other.identity.author);
      if (delta.kind === "fault") assert.is(delta.code, "bad-signature");
    }),
    { share: 0.2 },
  );
});

test("a sealed heartbeat opens to what its sender says", () => {
  holds(
    fc.property(heartbeats, ({ draft, identity }) => {
      const sealed = sealHeartbeat(draft, identity);
      assert.ok(isHeartbeat(sealed));
      assert.equal(openHeartbeat(sealed, nodeCrypto), { kind: "heartbeat", ...draft });
    }),
  );
});

test("no bit of a heartbeat can be flipped unnoticed", () => {
  holds(
    fc.property(heartbeats, fc.nat(), fc.integer({ min: 0, max: 7 }), ({ draft, identity }, at, bit) => {
      const flipped = Uint8Array.from(sealHeartbeat(draft, identity));
      const index = at % flipped.length;
      flipped[index] = (flipped[index] ?? 0) ^ (1 << bit);
      assert.is(openHeartbeat(flipped, nodeCrypto).kind, "fault");
    }),
  );
});

for (const kind of Object.keys(syncMessages) as readonly SyncMessage["kind"][]) {
  test(`a ${kind} decodes to what was encoded`, () => {
    holds(
      fc.property(syncMessages[kind], (message) => {
        assert.is(message.kind, kind);
        assert.equal(decodeSyncMessage(encodeSyncMessage(message)), message);
      }),
      { share: 0.5 },
    );
  });
}

/** The draft's own values of the fields that a change names. */
function valuesOf(draft: object, change: object): readonly unknown[] {
  const entries = new Map(Object.entries(draft));
  return Object.keys(change).map((name) => entries.get(name));
}

test.run();
