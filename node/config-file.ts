/** A node's configuration file: TOML with comments, checked as a whole before a node starts. */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parse, stringify, TomlError, type TomlTable } from "smol-toml";
import { whyNotThere } from "../adapters/level/file-in-the-way.ts";
import { suggestion } from "../core/nearest-name.ts";
import { Failure } from "./failure.ts";
import { createNodeConfig, type NodeConfig, type SettingValue, settings } from "./settings.ts";

/** Reads and checks a file. Rejects with a `Failure` that names key, value, expectation and file. */
export async function readConfig(path: string): Promise<NodeConfig> {
  return createNodeConfig(parseConfig(await readText(path), path));
}

/** Settings by their dotted names, checked. Throws a `Failure` that names key, value and expectation. */
export function checkSettings(
  entries: readonly (readonly [string, unknown])[],
  where: string,
): ReadonlyMap<string, SettingValue> {
  return new Map(entries.map(([key, value]) => [key, checked(key, value, where)]));
}

/** The text of a new file: these settings, and for the rest the defaults, each with its reason. */
export function writeConfig(values: ReadonlyMap<string, SettingValue>): string {
  const lines = ["# Configuration of a reconverge node. What is commented out shows the defaults."];
  let section = "";
  for (const [key, setting] of settings) {
    const place = splitKey(key);
    if (place.section !== section) lines.push("", `[${place.section}]`);
    else if (section === "") lines.push("");
    section = place.section;
    const value = values.get(key);
    const line = assignment(place.name, value ?? setting.default);
    lines.push(`# ${setting.why}`, value === undefined ? `# ${line}` : line);
  }
  return `${lines.join("\n")}\n`;
}

/** The text with some settings changed in place, comments kept. Rejects with a `Failure`. */
export async function changeConfig(path: string, assignments: readonly string[]): Promise<string> {
  let text = await readText(path);
  for (const assigned of assignments) text = changed(text, path, readAssignment(assigned));
  return text;
}

/** The same with one setting, whose value is checked. */
export async function changeSetting(path: string, key: string, value: SettingValue): Promise<string> {
  return changed(await readText(path), path, [key, value]);
}

function changed(text: string, path: string, [key, value]: readonly [string, SettingValue]): string {
  const expected = new Map([...parseConfig(text, path), [key, value]]);
  const result = setInText(text, key, value);
  if (holds(result, expected)) return result;
  const why = "as it is not written on one line";
  throw invalid(`${key} cannot be changed in ${path} by a command, ${why}: edit the file`);
}

/** Does the text mean exactly these values? */
function holds(text: string, expected: ReadonlyMap<string, SettingValue>): boolean {
  try {
    return JSON.stringify(sorted(parseConfig(text, ""))) === JSON.stringify(sorted(expected));
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

/** `KEY=VALUE` as a setting and its checked value. */
export function readAssignment(assigned: string): readonly [string, SettingValue] {
  const equals = assigned.indexOf("=");
  if (equals < 1)
    throw invalid(`"${assigned}" changes nothing: expected KEY=VALUE, for example swarm.port=2428`);
  const key = assigned.slice(0, equals);
  const text = assigned.slice(equals + 1);
  return [key, checked(key, readValue(key, text), "the command line")];
}

function parseConfig(text: string, path: string): Map<string, SettingValue> {
  let table: TomlTable;
  try {
    table = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    throw invalid(`${path}, line ${error.line}, column ${error.column}: not TOML: ${what}`);
  }
  const values = new Map<string, SettingValue>();
  for (const [key, value] of Object.entries(table)) {
    const inner = isTable(value)
      ? Object.entries(value).map(([name, entry]) => [`${key}.${name}`, entry])
      : null;
    for (const [name, entry] of inner ?? [[key, value]])
      values.set(String(name), checked(String(name), entry, path));
  }
  return values;
}

/** The value, when it is one for this key. */
function checked(key: string, value: unknown, where: string): SettingValue {
  const setting = settings.get(key);
  if (setting === undefined)
    throw invalid(`unknown key "${key}" in ${where}${suggestion(key, settings.keys()) || validKeys(key)}`);
  const expectation = setting.expectation(value);
  if (expectation === null) return value as SettingValue;
  throw invalid(`${key} is ${JSON.stringify(value)} in ${where}: expected ${expectation}`);
}

/** The keys of the section, or where there is no such section, the sections; for the end of a sentence. */
function validKeys(key: string): string {
  const { section } = splitKey(key);
  const all = Array.from(settings.keys(), splitKey);
  const names = all.filter((place) => place.section === section).map(({ name }) => name);
  if (section !== "" && names.length > 0) return `: [${section}] has ${names.join(", ")}`;
  const sections = new Set(all.map((place) => (place.section === "" ? place.name : `[${place.section}]`)));
  return `: a node's settings are ${[...sections].join(", ")}`;
}

/** A text from the command line, read by the kind of the setting. */
function readValue(key: string, text: string): unknown {
  const kind = settings.get(key)?.default;
  if (typeof kind === "number" && /^-?\d+$/.test(text)) return Number(text);
  if (typeof kind === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (Array.isArray(kind) && text.startsWith("[")) return readList(text);
  if (Array.isArray(kind)) return text.split(",").filter((entry) => entry !== "");
  return text;
}

/** As it would stand in the file, and nothing behind it; else the text, which then is no list. */
function readList(text: string): unknown {
  try {
    const { list, ...behind } = parse(`list = ${text}`);
    return Object.keys(behind).length === 0 ? list : text;
  } catch (error) {
    if (error instanceof TomlError) return text;
    throw error;
  }
}

/** Replaces the line of the key, or its commented default, or adds one to its section. */
function setInText(text: string, key: string, value: SettingValue): string {
  const { section, name } = splitKey(key);
  const lines = text.split("\n");
  const headers = lines.flatMap((line, index) => (/^\s*\[/.test(line) ? [index] : []));
  const header =
    section === "" ? -1 : (headers.find((index) => lines[index]?.trim() === `[${section}]`) ?? null);
  if (header === null) return `${text.trimEnd()}\n\n[${section}]\n${assignment(name, value)}\n`;
  const end = headers.find((index) => index > header) ?? lines.length;
  const isLine = (pattern: RegExp) => (line: string, index: number) =>
    index > header && index < end && pattern.test(line);
  const set = lines.findIndex(isLine(new RegExp(`^\\s*${name}\\s*=`)));
  const commented = lines.findIndex(isLine(new RegExp(`^\\s*#\\s*${name}\\s*=`)));
  const found = set === -1 ? commented : set;
  if (found === -1) lines.splice(header + 1, 0, assignment(name, value));
  else lines[found] = assignment(name, value);
  return lines.join("\n");
}

function assignment(name: string, value: SettingValue): string {
  return stringify({ [name]: Array.isArray(value) ? [...value] : value }).trim();
}

function splitKey(key: string): { readonly section: string; readonly name: string } {
  const dot = key.indexOf(".");
  return { section: key.slice(0, Math.max(0, dot)), name: key.slice(dot + 1) };
}

function sorted(values: ReadonlyMap<string, SettingValue>): readonly unknown[] {
  return [...values].sort(([a], [b]) => (a < b ? -1 : 1));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw invalid(`there is no ${path}: make a node with "reconverge node init" first`);
    const why = await whyNotThere(dirname(path));
    if (why !== null) throw invalid(`${why}: expected a node's folder; choose another --home`);
    throw invalid(`${path} cannot be read (${code}): expected a file this user can read`);
  }
}

function isTable(value: unknown): value is TomlTable {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function invalid(message: string): Failure {
  return new Failure("refused", "config-invalid", message);
}
