// Everything peers exchange, drawn at random.

import * as fc from "fast-check";
import { nodeCrypto } from "../../../adapters/crypto/node-crypto.ts";
import type { DeltaContent, DeltaDraft } from "../../../core/dag/delta.ts";
import {
  type AuthorId,
  byteString,
  type ContextId,
  type DeltaId,
  type FrontierName,
  frontierNameBytes,
  type Hash,
  type Incarnation,
} from "../../../core/ids.ts";
import type { Json } from "../../../core/json.ts";
import { hlcCounterMax, hlcMsMax } from "../../../core/limits.ts";
import { type Invitation, type MembershipChange, roles } from "../../../core/members/membership.ts";
import type { Identity } from "../../../core/ports.ts";
import type { Action } from "../../../core/state/action.ts";
import { type Changes, type TypeName, typeNames } from "../../../core/state/types.ts";
import { packDeltas } from "../../../core/wire/delta-batch.ts";
import { sealDelta } from "../../../core/wire/delta-codec.ts";
import type { HeartbeatDraft } from "../../../core/wire/gossip-codec.ts";
import {
  compareBounds,
  endOfRanges,
  prefixMax,
  type Range,
  shortIdBytes,
} from "../../../core/wire/ranges.ts";
import {
  creditMax,
  frontiersMax,
  rangeKeyBytes,
  recentBytes,
  recentMax,
  type SyncMessage,
  syncProtocols,
} from "../../../core/wire/sync-message.ts";
import { identityOf, opened, trustingCodec } from "../authors.ts";
import { acceptedInvitation, olderInvitation } from "../members/invitations.ts";

export const authors: readonly Identity[] = ["ann", "bob", "eve"].map(identityOf);

/** Records like those the core makes: with a prototype. */
export function plain<Fields>(
  fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
): fc.Arbitrary<Fields> {
  return fc.record(fields, { noNullPrototype: true });
}

export function ids<Id extends string = DeltaId>(length = 32): fc.Arbitrary<Id> {
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => byteString<Id>(bytes));
}

/** Sorted and unique. */
function idLists(minLength: number, maxLength: number): fc.Arbitrary<readonly DeltaId[]> {
  return fc.uniqueArray(ids(), { minLength, maxLength }).map((list) => list.sort());
}

const text = fc.string({ unit: "binary", maxLength: 12 });
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
);

export const jsons: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false, "", 0, "__proto__"),
    text,
    number,
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constant("__proto__")), tie("json"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).json;

const addresses = { collection: text, key: fc.oneof(text, fc.constantFrom("k", "")) };
const removal = fc.constant({ kind: "remove" } as const);
const puts = plain({ kind: fc.constant("put" as const), value: jsons });
const indexes = fc.nat(3);
const names = plain({ delta: ids<DeltaId>(), index: indexes });
const namesHere = fc.oneof(names, plain({ delta: fc.constant("" as const), index: indexes }));
const moments = plain({
  at: plain({ ms: fc.nat(9), counter: fc.nat(9) }),
  hlc: plain({ ms: fc.nat(9), counter: fc.nat(9) }),
  step: indexes,
});
/** Sorted by contributor, one each. */
const additions = fc
  .uniqueArray(plain({ author: ids<AuthorId>(), incarnation: ids<Incarnation>(8), at: moments }), {
    maxLength: 3,
    selector: ({ author, incarnation }) => author + incarnation,
  })
  .map((list) => list.sort((a, b) => (a.author + a.incarnation < b.author + b.incarnation ? -1 : 1)));
const ranges = fc.tuple(fc.nat(9), fc.nat(9)).map(([start, more]) => ({ start, end: start + 1 + more }));
const characters = fc.array(fc.constantFrom<Json>("a", "é", "𐍈", "\n"), { minLength: 1, maxLength: 4 });

/** A change of every kind for every type. */
const changes: { readonly [Name in TypeName]: fc.Arbitrary<Changes[Name]> } = {
  register: fc.oneof(puts, removal),
  owned: fc.oneof(puts, removal),
  frozen: fc.oneof(puts, removal),
  shared: fc.oneof(
    puts,
    removal,
    plain({
      kind: fc.constant("rotate" as const),
      writers: fc
        .uniqueArray(ids<AuthorId>(), { minLength: 1, maxLength: 3 })
        .map((list): readonly AuthorId[] => list.sort()),
    }),
  ),
  container: fc.oneof(plain({ kind: fc.constant("mark" as const) }), removal),
  counter: fc.oneof(
    removal,
    plain({
      kind: fc.constant("count" as const),
      since: fc.oneof(fc.constant(null), moments, plain({ own: indexes })),
      plus: fc.nat(),
      minus: fc.nat(),
    }),
  ),
  element: fc.oneof(
    plain({ kind: fc.constant("add" as const), value: jsons }),
    plain({ kind: fc.constant("remove" as const), seen: additions }),
  ),
  run: fc.oneof(
    plain({ kind: fc.constant("mark" as const), run: namesHere, ranges: fc.array(ranges, { maxLength: 3 }) }),
    plain({
      kind: fc.constant("insert" as const),
      parent: fc.oneof(fc.constant(null), plain({ run: namesHere, offset: fc.nat(9) })),
      side: fc.constantFrom("left" as const, "right" as const),
      items: fc.oneof(characters, fc.array(jsons, { minLength: 1, maxLength: 3 })),
    }),
  ),
};

const actions: fc.Arbitrary<Action> = fc
  .constantFrom(...typeNames)
  .chain(
    (type) => plain({ type: fc.constant(type), ...addresses, change: changes[type] }) as fc.Arbitrary<Action>,
  );

const inviter = identityOf("ann");
const invitations = fc
  .record({
    role: fc.constantFrom(...roles),
    isOlder: fc.boolean(),
    invitee: fc.oneof(fc.constant(null), ids<AuthorId>(32)),
    expiresMs: fc.integer({ min: 0, max: hlcMsMax }),
    nonce: ids<string>(16),
  })
  .map(({ isOlder, ...drawn }): Invitation => {
    const draft = { contextId: byteString<ContextId>(new Uint8Array(32).fill(1)), ...drawn };
    return isOlder
      ? olderInvitation(draft, inviter)
      : acceptedInvitation(draft, { inviter, joiner: inviter });
  });
const membershipChanges: fc.Arbitrary<MembershipChange> = fc.oneof(
  plain({ kind: fc.constant("join" as const), invitation: invitations }),
  plain({ kind: fc.constant("leave" as const) }),
  plain({ kind: fc.constant("remove" as const), member: ids<AuthorId>(32) }),
  plain({ kind: fc.constant("role" as const), member: ids<AuthorId>(32), role: fc.constantFrom(...roles) }),
  plain({ kind: fc.constant("rotate" as const), secret: ids<string>(16) }),
  plain({ kind: fc.constant("exclude" as const), member: ids<AuthorId>(32) }),
  plain({ kind: fc.constant("return" as const), role: fc.constantFrom(...roles) }),
);

const contents = {
  genesis: plain({
    kind: fc.constant("genesis" as const),
    application: text,
    nonce: ids<string>(16),
    members: fc.uniqueArray(plain({ author: ids<AuthorId>(32), role: fc.constantFrom(...roles) }), {
      selector: ({ author }) => author,
      maxLength: 4,
    }),
    others: fc.constantFrom(null, ...roles),
    retentionMs: fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: null }),
  }),
  membership: plain({ kind: fc.constant("membership" as const), change: membershipChanges }),
  operations: plain({
    kind: fc.constant("operations" as const),
    actions: fc.array(actions, { maxLength: 4 }),
  }),
  handler: plain({ kind: fc.constant("handler" as const), actions: fc.array(actions, { maxLength: 4 }) }),
  merge: fc.constant({ kind: "merge" } as const),
  checkpoint: plain({ kind: fc.constant("checkpoint" as const), stateRoot: ids<Hash>(32) }),
  "needs-upgrade": plain({
    kind: fc.constant("needs-upgrade" as const),
    code: fc.integer({ min: 6, max: 255 }),
  }),
} satisfies Record<DeltaContent["kind"], fc.Arbitrary<DeltaContent>>;

export const hlcs = plain({
  ms: fc.oneof(fc.integer({ min: 0, max: hlcMsMax }), fc.constantFrom(0, hlcMsMax)),
  counter: fc.oneof(fc.integer({ min: 0, max: hlcCounterMax }), fc.constantFrom(0, hlcCounterMax)),
});

const decided = {
  incarnation: ids<Incarnation>(8),
  hlc: hlcs,
  events: fc.array(plain({ kind: text, content: jsons, handler: fc.constant(null) }), { maxLength: 3 }),
};

/** Events that only operations, and kinds to come, may have. */
const handledEvents = fc.array(
  plain({ kind: text, content: jsons, handler: fc.oneof(fc.constant(null), text) }),
  {
    maxLength: 3,
  },
);

/** What an author may decide, with the key it is signed by. */
export const drafts: fc.Arbitrary<{ readonly draft: DeltaDraft; readonly identity: Identity }> = fc
  .tuple(
    fc.constantFrom(...authors),
    fc.oneof(
      plain({
        ...decided,
        contextId: fc.constant("" as const),
        parents: fc.constant([]),
        content: contents.genesis,
      }),
      plain({
        ...decided,
        contextId: ids<never>(),
        parents: idLists(1, 5),
        content: fc.oneof(contents.merge, contents.handler),
      }),
      plain({
        ...decided,
        events: handledEvents,
        contextId: ids<never>(),
        parents: idLists(1, 5),
        content: fc.oneof(contents.operations, contents["needs-upgrade"]),
      }),
      plain({
        ...decided,
        events: fc.constant([]),
        contextId: ids<never>(),
        parents: idLists(1, 5),
        content: fc.oneof(contents.membership, contents.checkpoint),
      }),
    ),
  )
  .map(([identity, draft]) => ({ identity, draft: { ...draft, author: identity.author as AuthorId } }));

const counts = fc.oneof(fc.nat(), fc.maxSafeNat());
const summaries = {
  heads: idLists(0, 5),
  headCount: counts,
  headsDigest: fc.oneof(ids<never>(0), ids<never>()),
};

export const heartbeats: fc.Arbitrary<{ readonly draft: HeartbeatDraft; readonly identity: Identity }> = fc
  .tuple(
    fc.constantFrom(...authors),
    plain({
      ...summaries,
      incarnation: ids<Incarnation>(8),
      counter: counts,
      contextId: ids<never>(),
      stateRoot: ids<never>(),
    }),
  )
  .map(([identity, draft]) => ({ identity, draft: { ...draft, sender: identity.author } }));

const bounds = plain({
  generation: fc.integer({ min: 0, max: endOfRanges.generation }),
  prefix: fc.integer({ min: 0, max: prefixMax }),
});
const rangeContents = fc.oneof(
  fc.constant({ kind: "skip" as const }),
  plain({ kind: fc.constant("fingerprint" as const), fingerprint: ids<string>(shortIdBytes) }),
  plain({
    kind: fc.constant("list" as const),
    shortIds: fc.nat(3).map((count) => new Uint8Array(count * shortIdBytes).fill(count)),
  }),
  plain({ kind: fc.constant("wanted" as const), bits: fc.uint8Array({ maxLength: 4 }) }),
);
const rangeLists: fc.Arbitrary<readonly Range[]> = fc
  .uniqueArray(plain({ until: bounds, content: rangeContents }), {
    maxLength: 5,
    comparator: (a, b) => compareBounds(a.until, b.until) === 0,
  })
  .map((list) => list.sort((a, b) => compareBounds(a.until, b.until)));

export interface Carried {
  readonly contextId: ContextId;
  readonly deltas: readonly { readonly id: DeltaId; readonly sealed: Uint8Array }[];
}

/** Deltas of one context as a session carries them: some on others of them, and bytes that are no deltas. */
export const carried: fc.Arbitrary<Carried> = fc
  .tuple(
    ids<ContextId>(),
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.record({ written: drafts, back: fc.array(fc.nat(5), { maxLength: 3 }) }) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
      ),
      { maxLength: 6 },
    ),
  )
  .map(([contextId, list]) => {
    const deltas: { id: DeltaId; sealed: Uint8Array }[] = [];
    for (const each of list) {
      if (each instanceof Uint8Array) {
        deltas.push({ id: "" as DeltaId, sealed: each });
        continue;
      }
      const { draft, identity } = each.written;
      const isGenesis = draft.content.kind === "genesis";
      const near = each.back.flatMap((places) => deltas.at(-1 - places)?.id || []);
      const parents = Array.from(new Set([...draft.parents, ...near])).sort();
      const placed = isGenesis ? draft : { ...draft, contextId, parents };
      const { id, sealed } = opened(sealDelta(placed, identity, nodeCrypto), trustingCodec);
      deltas.push({ id, sealed });
    }
    return { contextId, deltas };
  });

/** By kind, so that a new kind of message does not compile until it is drawn here. */
export const syncMessages: { readonly [Kind in SyncMessage["kind"]]: fc.Arbitrary<SyncMessage> } = {
  handshake: plain({
    ...summaries,
    kind: fc.constant("handshake" as const),
    contextId: ids<never>(),
    protocols: fc.subarray([...syncProtocols]),
    chosen: fc.constantFrom(null, ...syncProtocols),
    frontiers: fc.array(ids<FrontierName>(frontierNameBytes), { maxLength: frontiersMax }),
    recent: fc.array(ids<string>(recentBytes), { maxLength: recentMax }),
    stateRoot: ids<never>(),
    appliedCount: counts,
    horizon: counts,
    entityCount: counts,
    wallMs: fc.integer({ min: 0, max: hlcMsMax }),
    invitation: fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 40 })),
  }),
  "delta-request": plain({
    kind: fc.constant("delta-request" as const),
    contextId: ids<never>(),
    ids: fc.array(ids(), { maxLength: 5 }),
  }),
  ranges: plain({
    kind: fc.constant("ranges" as const),
    key: fc.oneof(fc.constant(""), ids<string>(rangeKeyBytes)),
    ranges: rangeLists,
  }),
  deltas: plain({
    kind: fc.constant("deltas" as const),
    batch: carried.map(({ deltas, contextId }) => packDeltas(deltas, contextId)),
  }),
  credit: plain({ kind: fc.constant("credit" as const), messages: fc.integer({ min: 1, max: creditMax }) }),
  below: plain({ kind: fc.constant("below" as const), ids: idLists(0, 5) }),
  "state-needed": fc.constant({ kind: "state-needed" } as const),
  done: fc.constant({ kind: "done" } as const),
  refusal: plain({
    kind: fc.constant("refusal" as const),
    reason: fc.constantFrom(
      "context-not-found" as const,
      "busy" as const,
      "version" as const,
      "protocol" as const,
    ),
  }),
};

export const anySyncMessage: fc.Arbitrary<SyncMessage> = fc.oneof(...Object.values(syncMessages));
