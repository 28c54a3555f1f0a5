/** Commands that ask a running node: `context`, `call`, `status`, `peers`. */

import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { ApiClient } from "../client.ts";
import { Failure } from "../failure.ts";
import type { CallOptions, ClientOptions, CreateOptions } from "./index.ts";
import { reporting, show, table } from "./output.ts";
import { statusText } from "./status-text.ts";

const comingInAttempts = 25;
const comingInEveryMs = 200;

/** 32 bytes in base58; an invitation is longer. */
const contextIdCharactersMax = 44;

export async function createContext(options: CreateOptions): Promise<void> {
  await asking(options, async (api) => {
    const members = (options.member ?? []).map((text) => {
      const [publicKey = "", role = "member"] = text.split(":");
      return { publicKey, role };
    });
    const open = options.open === true ? "member" : (options.open ?? null);
    const body = { applicationId: options.application, members, open };
    const { data } = await api.post("/admin-api/contexts", body);
    return { value: data, text: String((data as JsonObject).contextId) };
  });
}

export async function listContexts(options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.get("/admin-api/contexts");
    const contexts = (data as JsonObject).contexts as readonly JsonObject[];
    const text =
      contexts.length === 0
        ? "no contexts"
        : table(contexts.map((context) => [String(context.id), summary(context)]));
    return { value: contexts, text };
  });
}

export async function getContext(id: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.get(`/admin-api/contexts/${encodeURIComponent(id)}`);
    return {
      value: data,
      text: table(Object.entries(data as JsonObject).map(([key, value]) => [key, plain(value)])),
    };
  });
}

export async function retryContext(id: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.post(`/admin-api/contexts/${encodeURIComponent(id)}/retry`, {});
    const { retrying } = data as JsonObject;
    return {
      value: data,
      text: retrying === 0 ? "nothing is parked" : `${retrying} parked entries are tried again`,
    };
  });
}

export async function syncContext(
  id: string,
  options: ClientOptions & { readonly peer?: string },
): Promise<void> {
  await asking(options, async (api) => {
    const body = options.peer === undefined ? {} : { peer: options.peer };
    const { data } = await api.post(`/admin-api/contexts/${encodeURIComponent(id)}/sync`, body);
    const { peers } = data as JsonObject;
    return { value: data, text: peers === 0 ? "no connected peer has it" : `syncing with ${peers} peers` };
  });
}

export async function deleteContext(id: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } = await api.send("DELETE", `/admin-api/contexts/${encodeURIComponent(id)}`, {});
    return { value: data, text: `${id} is on this node no more; other nodes keep it` };
  });
}

/** By an invitation, or by the id of a context that names this node already or is open. */
export async function joinContext(invitationOrId: string, options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const { data } =
      invitationOrId.length > contextIdCharactersMax
        ? await api.post("/admin-api/contexts/join", { invitation: invitationOrId })
        : await api.post(`/admin-api/contexts/${encodeURIComponent(invitationOrId)}/join`, {});
    const contextId = String((data as JsonObject).contextId);
    const role = await roleIn(contextId, api);
    const text =
      role === null
        ? `keeps ${contextId}, and comes in once it meets a member`
        : `joined ${contextId} as ${role}`;
    return { value: { ...(data as JsonObject), role }, text };
  });
}

/** Of the node, once it has come in; null where that takes longer than a person waits. */
async function roleIn(contextId: string, api: ApiClient): Promise<string | null> {
  for (let attempt = 0; attempt < comingInAttempts; attempt += 1) {
    const { data } = await api.get(`/admin-api/contexts/${encodeURIComponent(contextId)}`);
    const { ownRole } = data as JsonObject;
    if (typeof ownRole === "string") return ownRole;
    await new Promise((resolve) => setTimeout(resolve, comingInEveryMs));
  }
  return null;
}

export async function call(method: string, options: CallOptions): Promise<void> {
  await asking(options, async (api) => {
    const output = await api.execute(options.context, method, readArguments(options.args));
    return { value: { output }, text: typeof output === "string" ? output : JSON.stringify(output) };
  });
}

export async function status(options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const [{ data }, listed] = [await api.get("/admin-api/status"), await api.get("/admin-api/contexts")];
    const contexts = (listed.data as JsonObject).contexts as readonly JsonObject[];
    const value = { ...(data as JsonObject), contextList: contexts };
    return { value, text: statusText(data as JsonObject, contexts) };
  });
}

export async function peers(options: ClientOptions): Promise<void> {
  await asking(options, async (api) => {
    const answer = await api.get("/admin-api/peers");
    const connected = answer.peers as readonly JsonObject[];
    const rows = connected.map(
      ({ peer, contexts }) => [String(peer), `${(contexts as readonly Json[]).length} contexts`] as const,
    );
    return { value: answer, text: rows.length === 0 ? "no peers" : table(rows) };
  });
}

/** Runs a command that asks a node, and shows what came of it. */
export async function asking(
  options: ClientOptions,
  ask: (api: ApiClient) => Promise<{ readonly value: unknown; readonly text: string }>,
): Promise<void> {
  const isJson = options.json === true;
  await reporting(isJson, async () => {
    const { value, text } = await ask(await ApiClient.find(options));
    show(isJson, value, text);
  });
}

function readArguments(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "refused",
      "bad-arguments",
      `--args is not JSON (${reason}): expected an object like {"key":"a"}`,
    );
  }
  if (isJsonObject(value)) return value;
  throw new Failure("refused", "bad-arguments", `--args is ${text}: expected an object like {"key":"a"}`);
}

function summary(context: JsonObject): string {
  if (context.isInitialized !== true) return "joined, not arrived yet";
  return `${context.applicationId}, ${context.appliedDeltas} deltas, state ${context.contextStateHash}`;
}

function plain(value: Json | undefined): string {
  if (value === null || value === "") return "none";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value) && value.some((each) => isJsonObject(each))) return value.map(plain).join("; ");
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(String).join(" ");
  const entries = Object.entries(value).map(([key, entry]) => `${key} ${plain(entry)}`);
  return entries.length === 0 ? "none" : entries.join(", ");
}
