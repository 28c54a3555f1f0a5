/**
 * What is wrong with a scenario, as data: each problem knows the path to its place, so that whoever read the
 * scenario from a file can say the line. Problems are gathered and thrown together, not one at a time.
 */

export type ProblemCode =
  /** The file is not there, or cannot be read. */
  | "unreadable"
  /** Not YAML or JSON; or a module that does not load. */
  | "syntax"
  /** An assignment on the command line that cannot be made. */
  | "bad-assignment"
  | "unknown-key"
  | "missing-key"
  /** A value of the wrong type, out of its bounds, or not among the choices. */
  | "bad-value"
  /** A file that gives no application, or one whose name is taken. */
  | "bad-application"
  /** No node, context, application or method of that name. */
  | "unknown-name"
  /** One name for two things. */
  | "duplicate-name"
  /** Times that contradict each other. */
  | "schedule"
  /** A network that cannot be built, or leaves members apart. */
  | "topology"
  /** Nobody who could do it: a write by no member, a cut between nobody. */
  | "no-effect"
  /** Above what a run can hold. */
  | "too-large";

/** Keys and array indexes from the top of the scenario down. */
export type ScenarioPath = readonly (string | number)[];

export interface ScenarioProblem {
  readonly code: ProblemCode;
  readonly path: ScenarioPath;
  /** Whether the key itself is wrong, or what it holds. */
  readonly about: "key" | "value";
  /** What was found and what was expected, without the place. */
  readonly message: string;
}

const listedMax = 10;

/** The message has one line for each problem, at most ten. */
export class ScenarioError extends Error {
  override readonly name = "ScenarioError";
  readonly code: ProblemCode;
  readonly problems: readonly ScenarioProblem[];

  /** `line` writes a problem with its place; without it the place is the path alone. */
  constructor(problems: readonly ScenarioProblem[], line: (problem: ScenarioProblem) => string = describe) {
    const lines = problems.slice(0, listedMax).map(line);
    if (problems.length > listedMax) lines.push(`… and ${problems.length - listedMax} more`);
    super(lines.join("\n"));
    this.code = problems[0]?.code ?? "bad-value";
    this.problems = problems;
  }
}

/** Gathers problems. Whoever finds one goes on, so that one run of the check tells all of them. */
export class Problems {
  readonly #found: ScenarioProblem[] = [];

  /** The value at the path is wrong. */
  add(code: ProblemCode, path: ScenarioPath, message: string): void {
    this.#found.push({ code, path, about: "value", message });
  }

  get count(): number {
    return this.#found.length;
  }

  /** Throws a `ScenarioError` if there are any, in the order in which the scenario's parts stand. */
  throwIfAny(scenario: object): void {
    if (this.#found.length > 0) throw new ScenarioError(inOrderOf(scenario, this.#found));
  }
}

/** The problems in the order of the data they are about. A place comes before what is in it. */
export function inOrderOf(data: unknown, problems: readonly ScenarioProblem[]): readonly ScenarioProblem[] {
  return problems.toSorted((a, b) => comparePlaces(a.path, b.path, data));
}

function comparePlaces(a: ScenarioPath, b: ScenarioPath, data: unknown): number {
  let held = data;
  for (const [depth, step] of a.entries()) {
    const other = b[depth];
    if (other === undefined) return 1;
    if (step !== other) {
      if (typeof step === "number" && typeof other === "number") return step - other;
      const keys = typeof held === "object" && held !== null ? Object.keys(held) : [];
      return keys.indexOf(String(step)) - keys.indexOf(String(other));
    }
    held = (held as { readonly [key: string | number]: unknown } | null | undefined)?.[step];
  }
  return a.length - b.length;
}

function describe({ path, message }: ScenarioProblem): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

/** `faults[2].nodes` for ["faults", 2, "nodes"]. */
export function formatPath(path: ScenarioPath): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`))
    .join("");
}

/** A value as an error shows it: JSON, cut short. */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

/** A count as people read it: 1,000,000. */
export function showCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
