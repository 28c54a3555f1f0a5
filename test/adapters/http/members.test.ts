// The routes about members.

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MembersView } from "../../../adapters/http/api.ts";
import { toBase58 } from "../../../adapters/http/base58.ts";
import type { AuthorId } from "../../../core/ids.ts";
import { contextId, testServer } from "./tested-server.ts";

const ann = "a".repeat(32) as AuthorId;
const view: MembersView = { ownRole: "admin", others: null, named: [{ author: ann, role: "admin" }] };
const { node, send } = testServer({ members: async (id) => (id === contextId ? view : null) });
test.before.each(() => {
  node.outcome = { kind: "context", contextId };
});

test("members are listed, invited, given roles and removed", async () => {
  const [id, key] = [toBase58(contextId), toBase58("b".repeat(32))];
  const member = "b".repeat(32) as AuthorId;
  const listed = await send("GET", `/admin-api/contexts/${id}/members`);
  assert.equal(listed.answer, {
    data: {
      ownRole: "admin",
      others: null,
      members: [{ publicKey: toBase58("a".repeat(32)), role: "admin" }],
    },
  });
  await send("PUT", `/admin-api/contexts/${id}/members/${key}`, '{"role":"reader"}');
  await send("DELETE", `/admin-api/contexts/${id}/members/${key}`, "{}");
  node.outcome = { kind: "invitation", invitation: Uint8Array.of(1, 2, 3) };
  const invited = await send(
    "POST",
    `/admin-api/contexts/${id}/invite`,
    `{"invitee":"${key}","validHours":2}`,
  );
  assert.equal(invited.answer, { data: { invitation: "Ldp" } });
  assert.equal(node.calls, [
    { kind: "change-members", contextId, change: { kind: "role", member, role: "reader" } },
    { kind: "change-members", contextId, change: { kind: "remove", member } },
    { kind: "invite", contextId, role: "member", invitee: member, expiresInMs: 7_200_000 },
  ]);
});

test("what is wrong with a member or an invitation is said in one sentence", async () => {
  const id = toBase58(contextId);
  const path = `/admin-api/contexts/${id}`;
  const refusals = [
    ["PUT", `${path}/members/xyz`, '{"role":"reader"}', /is no key: expected 32 bytes in base58/],
    [
      "PUT",
      `${path}/members/${id}`,
      '{"role":"king"}',
      /role is .*king.*, expected one of admin, member, reader/,
    ],
    ["POST", `${path}/invite`, '{"validHours":0}', /validHours is 0, expected a number above 0 and up to/],
    ["POST", "/admin-api/contexts/join", '{"invitation":"nonsense"}', /not an invitation: expected the text/],
    ["POST", "/admin-api/contexts", '{"applicationId":"a","members":[{}]}', /undefined is no key/],
  ] as const;
  for (const [method, url, body, message] of refusals) {
    const { status, answer } = await send(method, url, body);
    assert.is(status, 400, url);
    assert.match(JSON.stringify(answer), message);
  }
  node.outcome = { kind: "refused", code: "not-permitted", message: "only an admin removes members" };
  const refused = await send("DELETE", `${path}/members/${id}`, "{}");
  assert.equal(refused, { status: 403, answer: { error: "only an admin removes members" } });
});

test.run();
