/**
 * Templates in the arguments of a workload: `{int a b}`, `{node}`, `{seq}`, `{pick a b c}`, `{zipf n}` and
 * `{bytes n}`, anywhere in a text. They are read once, then filled in for each call.
 *
 * 1. What a template gives is text, also where it is all there is: "{int 1 9}" gives "4", never 4.
 * 2. `{{` stands for a brace. A brace that no letter follows stands for itself.
 */

import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { suggestion } from "../../core/nearest-name.ts";
import type { Stream } from "../random.ts";
import type { Problems, ScenarioPath } from "../scenario/scenario-error.ts";
import { compileTemplate, templateUsages } from "./template-kinds.ts";

/** What a template may depend on. `seq` counts the calls of its workload entry from 0. */
export interface Filling {
  readonly node: string;
  readonly seq: number;
  readonly draws: Stream;
}

export interface ArgumentTemplate {
  fill(filling: Filling): JsonObject;
  /** How many characters the `{bytes n}` in it make in each call. */
  readonly drawnCharacters: number;
}

type Fill<Value extends Json = Json> = (filling: Filling) => Value;

/** Reads the templates in all texts of the arguments. What is wrong with one is a problem at its path. */
export function compileArguments(args: JsonObject, path: ScenarioPath, problems: Problems): ArgumentTemplate {
  const compiler = new Compiler(problems);
  const fill = compiler.object(args, path);
  return { fill, drawnCharacters: compiler.drawnCharacters };
}

class Compiler {
  drawnCharacters = 0;
  readonly #problems: Problems;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  object(value: JsonObject, path: ScenarioPath): Fill<JsonObject> {
    const fields = Object.entries(value).map(
      ([key, held]) => [key, this.#value(held, [...path, key])] as const,
    );
    return (filling) => Object.fromEntries(fields.map(([key, fill]) => [key, fill(filling)]));
  }

  #value(value: Json, path: ScenarioPath): Fill {
    if (typeof value === "string") return this.#text(value, path);
    if (isJsonObject(value)) return this.object(value, path);
    if (typeof value !== "object" || value === null) return () => value;
    const fills = value.map((held, index) => this.#value(held, [...path, index]));
    return (filling) => fills.map((fill) => fill(filling));
  }

  #text(text: string, path: ScenarioPath): Fill<string> {
    const parts: Fill<string>[] = [];
    for (let at = 0; at < text.length; ) {
      const brace = text.indexOf("{", at);
      const plain = text.slice(at, brace === -1 ? text.length : brace);
      if (plain !== "") parts.push(() => plain);
      if (brace === -1) break;
      at = brace + this.#brace(text.slice(brace), { parts, path });
    }
    const [only, another] = parts;
    if (only !== undefined && another === undefined) return only;
    return (filling) => parts.map((part) => part(filling)).join("");
  }

  /** What begins with a brace: adds its part and gives its length. */
  #brace(rest: string, { parts, path }: { parts: Fill<string>[]; path: ScenarioPath }): number {
    if (!/^\{[A-Za-z]/.test(rest)) {
      parts.push(() => "{");
      return rest.startsWith("{{") ? 2 : 1;
    }
    const found = /^\{([A-Za-z]+)([^{}]*)\}/.exec(rest);
    if (found === null) {
      const message = `found "${rest}", expected a } after a template; {{ stands for a brace`;
      this.#problems.add("bad-value", path, message);
      return rest.length;
    }
    const [whole, name = "", words = ""] = found;
    const compiled = compileTemplate(
      name,
      words.split(" ").filter((word) => word !== ""),
    );
    if (compiled.kind === "wrong") {
      const known = compiled.isKnown ? compiled.expected : templateUsages.join(" ");
      const hint = compiled.isKnown ? "" : suggestion(name, templateUsages.map(nameOfUsage));
      this.#problems.add("bad-value", path, `found "${whole}", expected ${known}${hint}`);
    } else {
      parts.push(compiled.fill);
      this.drawnCharacters += compiled.drawnCharacters;
    }
    return whole.length;
  }
}

function nameOfUsage(usage: string): string {
  return /[a-z]+/.exec(usage)?.[0] ?? usage;
}
