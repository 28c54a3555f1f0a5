// What test/tidy.test.ts enforces, as data: who may import whom, which names are banned where, and the
// limits of a file. It says what ARCHITECTURE.md says; a change here without one there is a mistake.
//
// A place is a folder ("core/", where "*" stands for one name) or a single file ("cli.ts"). A file belongs to
// the longest place that holds it, so "sim/" is all of sim but what "sim/host/" or "sim/index.ts" takes.

export interface Place {
  readonly place: string;
  /** Places whose files it may import besides its own. */
  readonly imports: readonly string[] | "all";
  /** Places of which it may import types only. */
  readonly typesOf: readonly string[];
  readonly packages: readonly string[] | "all";
  readonly nodeModules: boolean;
  /** What to do instead of an import that is not allowed. */
  readonly instead: string;
}

const allOfSim = ["sim/", "sim/index.ts", "sim/host/"];

export const places: readonly Place[] = [
  {
    place: "core/",
    imports: [],
    typesOf: [],
    packages: ["cborg", "fflate"],
    nodeModules: false,
    instead: "core is handed what it needs: declare a port in core and let the driver pass it in",
  },
  {
    place: "sim/",
    imports: ["core/"],
    typesOf: [],
    packages: ["seedrandom"],
    nodeModules: false,
    instead: "sim is pure: what touches files, workers or other packages belongs in sim/host/",
  },
  {
    place: "sim/index.ts",
    imports: ["core/", "sim/", "sim/host/"],
    typesOf: [],
    packages: [],
    nodeModules: false,
    instead: "the library's entry only gathers what sim/ and sim/host/ export",
  },
  {
    place: "sim/host/",
    imports: ["core/", "sim/", "adapters/crypto/", "adapters/modules/"],
    typesOf: [],
    packages: ["ajv", "commander", "fast-check", "piscina", "seedrandom", "tsx", "yaml"],
    nodeModules: true,
    instead: "of the adapters the simulator may use only adapters/crypto/ and adapters/modules/",
  },
  {
    place: "adapters/*/",
    imports: ["core/"],
    typesOf: [],
    packages: "all",
    nodeModules: true,
    instead: "an adapter knows core and its own package: join two adapters in node/ or cli.ts",
  },
  {
    place: "adapters/tui/",
    imports: ["core/"],
    typesOf: allOfSim,
    packages: "all",
    nodeModules: true,
    instead:
      "the terminal UI is handed a simulation by cli.ts and imports only its types: write `import type`",
  },
  {
    place: "node/",
    imports: ["core/", "adapters/*/"],
    typesOf: [],
    packages: "all",
    nodeModules: true,
    instead: "the production driver must not know the simulator",
  },
  {
    place: "scenarios/",
    imports: ["sim/", "sim/index.ts"],
    typesOf: [],
    packages: [],
    nodeModules: false,
    instead: "a scenario is data: import only `defineScenario`",
  },
  {
    place: "scenarios/applications/",
    imports: ["core/"],
    typesOf: [],
    packages: [],
    nodeModules: false,
    instead: "an application is written with what reconverge/app exports, and with nothing else",
  },
  ...["cli.ts", "bin.mjs", "test/", "bench/"].map(
    (place): Place => ({
      place,
      imports: "all",
      typesOf: [],
      packages: "all",
      nodeModules: true,
      instead: "",
    }),
  ),
];

/** What is imported by the package's own name, as the file it stands for. */
export const ownExports: ReadonlyMap<string, string> = new Map([
  ["reconverge", "node/index.ts"],
  ["reconverge/sim", "sim/index.ts"],
  ["reconverge/app", "core/app/index.ts"],
]);

export interface Ban {
  readonly kind: "global" | "member" | "math" | "syntax";
  /** A name that ends in "*" stands for all that begin so. */
  readonly names: readonly string[];
  readonly places: readonly string[];
  readonly instead: string;
}

const core = ["core/"];
const coreAndSim = ["core/", "sim/", "sim/index.ts"];

/** `global`: a reference to something the file does not define. `member`: a property read by that name. */
export const bans: readonly Ban[] = [
  {
    kind: "global",
    names: ["Date", "performance"],
    places: coreAndSim,
    instead: "time is an argument: use the `now` that was handed in",
  },
  {
    kind: "global",
    names: ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"],
    places: coreAndSim,
    instead: "a wake-up is an effect (or, in sim, an event of the virtual clock): keep the timer as data",
  },
  {
    kind: "global",
    names: ["Promise"],
    places: core,
    instead: "core is synchronous: emit an effect and take the answer as an input",
  },
  {
    kind: "global",
    names: ["Intl"],
    places: coreAndSim,
    instead: "results must not depend on the locale: compare with < or format by hand",
  },
  {
    kind: "global",
    names: ["process", "globalThis", "global"],
    places: coreAndSim,
    instead: "there is no platform here: pass in what is needed, or move the code to sim/host/ or node/",
  },
  {
    kind: "global",
    names: ["Buffer"],
    places: coreAndSim,
    instead: "use Uint8Array",
  },
  {
    kind: "global",
    names: ["console"],
    places: coreAndSim,
    instead: "emit an `observe` effect, or return the text",
  },
  {
    kind: "global",
    names: ["crypto"],
    places: coreAndSim,
    instead: "use the injected `Crypto`, and the handed-in stream for chance",
  },
  {
    kind: "global",
    names: ["WeakRef", "FinalizationRegistry"],
    places: coreAndSim,
    instead: "when memory is collected differs from run to run: bound and evict by hand",
  },
  {
    kind: "member",
    names: ["localeCompare", "toLocale*"],
    places: coreAndSim,
    instead: "results must not depend on the locale: compare with < or use the plain method",
  },
  {
    kind: "math",
    names: ["random"],
    places: coreAndSim,
    instead: "chance is an argument: draw from the stream that was handed in",
  },
  {
    kind: "math",
    names: [
      ...[
        "acos",
        "acosh",
        "asin",
        "asinh",
        "atan",
        "atanh",
        "atan2",
        "cos",
        "cosh",
        "sin",
        "sinh",
        "tan",
        "tanh",
      ],
      ...["exp", "expm1", "log", "log1p", "log10", "log2", "pow", "sqrt", "cbrt", "hypot"],
    ],
    places: coreAndSim,
    instead: "engines may round it differently: use integers or a table",
  },
  {
    kind: "math",
    names: ["Math"],
    places: coreAndSim,
    instead: "write `Math.floor` and the like in full, so that this test can see which function is meant",
  },
  {
    kind: "syntax",
    names: ["**"],
    places: coreAndSim,
    instead: "engines may round it differently: write the number, shift a BigInt, or multiply",
  },
  {
    kind: "syntax",
    names: ["async", "await"],
    places: core,
    instead: "core is synchronous: emit an effect and take the answer as an input",
  },
  {
    kind: "syntax",
    names: ["for…in"],
    places: core,
    instead: "use for…of over Object.keys, Object.entries or a Map",
  },
  {
    kind: "syntax",
    names: ["module-level let", "module-level var"],
    places: core,
    instead: "state lives in the memory a part was handed, or capture and restore would miss it",
  },
];

export const linesMax = 400;
export const defaultExportsAllowedIn = ["scenarios/"];
export const unfinishedWords = /\b(TODO|FIXME)\b/;

/** Top-level entries that must be there. */
export const requiredEntries = [
  ...["package.json", "tsconfig.json", "README.md"],
  ...["core", "adapters", "sim", "node", "scenarios", "test"],
];

/** Folders of test/ that mirror no source folder. */
export const testFoldersOfTheirOwn = ["mutants", "scenarios/corpus", "tidy"];
