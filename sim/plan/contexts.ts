/** The contexts of a plan: their applications, who is a member from the start, and who becomes one by joining. */

import type { Application } from "../../core/app/application.ts";
import { suggestion } from "../../core/nearest-name.ts";
import type { Scenario, ScenarioContext } from "../scenario/scenario.ts";
import type { Problems, ScenarioPath } from "../scenario/scenario-error.ts";
import { movementsOf } from "./member-calls.ts";
import type { Roster } from "./roster.ts";

export interface ResolvedContext {
  readonly id: string;
  /** Null when there is no such application; that is a problem already. */
  readonly application: Application | null;
  readonly members: readonly number[];
  /** Members that join later, by the time they do. */
  readonly joining: readonly number[];
  /** All that ever keep it, those included that nobody lets in. */
  readonly everMembers: ReadonlySet<number>;
  /** Those of them who are no members in the end. */
  readonly outsiders: readonly number[];
}

export class Contexts {
  readonly all: readonly ResolvedContext[];
  readonly #byId: ReadonlyMap<string, ResolvedContext>;
  readonly #problems: Problems;

  constructor(all: readonly ResolvedContext[], problems: Problems) {
    this.all = all;
    this.#byId = new Map(all.map((context) => [context.id, context]));
    this.#problems = problems;
  }

  get ids(): readonly string[] {
    return this.all.map(({ id }) => id);
  }

  /** The context of this id, or null and a problem. */
  find(id: string, path: ScenarioPath): ResolvedContext | null {
    const context = this.#byId.get(id);
    if (context !== undefined) return context;
    const message = `found "${id}", expected a context: ${this.ids.join(", ")}${suggestion(id, this.ids)}`;
    this.#problems.add("unknown-name", path, message);
    return null;
  }

  /** The context of an entry that may leave it out when there is only one. */
  ofEntry(id: string | undefined, entryPath: ScenarioPath): ResolvedContext | null {
    if (id !== undefined) return this.find(id, [...entryPath, "context"]);
    const [only, another] = this.all;
    if (only !== undefined && another === undefined) return only;
    const message = `missing key "context": there are several, expected one of ${this.ids.join(", ")}`;
    this.#problems.add("missing-key", entryPath, message);
    return null;
  }
}

export interface ContextOptions {
  readonly roster: Roster;
  readonly applications: readonly Application[];
  readonly problems: Problems;
}

export function resolveContexts(
  scenario: Scenario,
  { roster, applications, problems }: ContextOptions,
): Contexts {
  const given = scenario.contexts ?? [{ id: "kv" }];
  const ids = given.map(({ id }) => id);
  const joining = joiningByContext(scenario, { ids, roster, problems });
  const resolved = given.map((context, index): ResolvedContext => {
    const path = ["contexts", index];
    if (ids.indexOf(context.id) < index) {
      problems.add(
        "duplicate-name",
        [...path, "id"],
        `there is a context "${context.id}" already, expected each id once`,
      );
    }
    const members = roster.resolve(context.members ?? "all", [...path, "members"]);
    const later = joining.get(context.id) ?? [];
    const isOnly = given.length === 1;
    const { coming, outsiders } = movementsOf(scenario, { id: context.id, isOnly, roster });
    return {
      id: context.id,
      application: findApplication(context, { path, applications, problems }),
      members: initialMembers(members, { roster, path, problems }),
      joining: later,
      everMembers: new Set([...members, ...later, ...coming]),
      outsiders,
    };
  });
  return new Contexts(resolved, problems);
}

function initialMembers(
  members: readonly number[],
  { roster, path, problems }: { roster: Roster; path: ScenarioPath; problems: Problems },
): readonly number[] {
  const late = members.find((node) => node >= roster.initialCount);
  if (late !== undefined) {
    const message = `found "${roster.idOf(late)}", which joins later, expected nodes there at the start: a join names its contexts itself`;
    problems.add("schedule", [...path, "members"], message);
  }
  return members.filter((node) => node < roster.initialCount);
}

function findApplication(
  { app = "kv-store" }: ScenarioContext,
  places: { path: ScenarioPath; applications: readonly Application[]; problems: Problems },
): Application | null {
  const found = places.applications.find(({ name }) => name === app);
  if (found !== undefined) return found;
  const names = places.applications.map(({ name }) => name);
  const message = `found "${app}", expected an application: ${names.join(", ")}${suggestion(app, names)}`;
  places.problems.add("unknown-name", [...places.path, "app"], message);
  return null;
}

/** For each context the nodes that become its members when they join, in the order of the roster. */
function joiningByContext(
  scenario: Scenario,
  { ids, roster, problems }: { ids: readonly string[]; roster: Roster; problems: Problems },
): ReadonlyMap<string, readonly number[]> {
  const byContext = new Map(ids.map((id) => [id, new Set<number>()]));
  for (const [index, fault] of (scenario.faults ?? []).entries()) {
    if (fault.kind !== "join") continue;
    const path = ["faults", index, "contexts"];
    for (const [place, id] of (fault.contexts ?? ids).entries()) {
      const joining = byContext.get(id);
      if (joining === undefined) {
        const message = `found "${id}", expected a context: ${ids.join(", ")}${suggestion(id, ids)}`;
        problems.add("unknown-name", [...path, place], message);
        continue;
      }
      for (const node of roster.namedByJoin(fault.nodes)) joining.add(node);
    }
  }
  return new Map(Array.from(byContext, ([id, nodes]) => [id, Array.from(nodes).sort((a, b) => a - b)]));
}
