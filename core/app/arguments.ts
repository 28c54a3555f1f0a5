/** Readers of a call's arguments: the value of the type wanted, or a refusal that says what was found. */

import { isJsonObject, type Json, type JsonObject } from "../json.ts";
import { CallError } from "./application.ts";

export function argument(args: JsonObject, name: string): Json {
  const value = args[name];
  if (value === undefined) throw new CallError(`the argument "${name}" is missing`, "bad-arguments");
  return value;
}

export function textArgument(args: JsonObject, name: string): string {
  const value = args[name];
  if (typeof value === "string") return value;
  throw wrong(name, "text", value);
}

/** A whole number, or text that is one (as a scenario's templates give); `otherwise` where it may be left out. */
export function wholeArgument(args: JsonObject, name: string, otherwise?: number): number {
  const given = args[name] ?? otherwise;
  const value = typeof given === "string" && /^-?[0-9]{1,15}$/.test(given) ? Number(given) : given;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw wrong(name, "a whole number", args[name]);
}

export function booleanArgument(args: JsonObject, name: string): boolean {
  const value = args[name];
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

function wrong(name: string, wanted: string, value: Json | undefined): CallError {
  return new CallError(`the argument "${name}" must be ${wanted}; ${describe(value)}`, "bad-arguments");
}

function describe(value: Json | undefined): string {
  if (value === undefined) return "it is missing";
  if (typeof value !== "object" || value === null) return `found ${String(value)}`;
  return `found ${isJsonObject(value) ? "an object" : "a list"}`;
}
