/** The commands of a node and of its clients. Only their shape is loaded here; what they do, when they run. */

import { type Command, Option } from "commander";

export interface HomeOptions {
  readonly home?: string;
  readonly name: string;
  readonly json?: true;
}

export interface InitOptions extends HomeOptions {
  readonly swarmPort?: string;
  readonly serverPort?: string;
  readonly bootNodes?: string;
  readonly mdns?: true;
  readonly profile?: string;
  readonly force?: true;
}

export interface RunOptions extends HomeOptions {
  readonly acceptLoss?: true;
  readonly record?: string;
  readonly recordMib?: string;
}

export interface BackupOptions extends HomeOptions {
  readonly timeout?: string;
}

export interface ReplayOptions {
  readonly to?: string;
  readonly json?: true;
}

export interface ClientOptions {
  readonly home?: string;
  readonly node?: string;
  readonly api?: string;
  readonly timeout?: string;
  readonly json?: true;
}

export interface CreateOptions extends ClientOptions {
  readonly application: string;
  readonly member?: readonly string[];
  readonly open?: string | true;
}

export interface InviteOptions extends ClientOptions {
  readonly role: string;
  readonly for?: string;
  readonly hours?: string;
}

export interface CallOptions extends ClientOptions {
  readonly context: string;
  readonly args: string;
}

export interface BlobOptions extends ClientOptions {
  readonly context: string;
}

export interface UploadOptions extends BlobOptions {
  readonly name?: string;
  readonly type: string;
}

export interface DownloadOptions extends BlobOptions {
  readonly output?: string;
  readonly force?: true;
}

export function registerNodeCommands(program: Command): void {
  registerNode(program);
  registerContext(program);
  registerApp(program);
  registerBlob(program);
  withClientOptions(program.command("call").argument("<method>", "for example set, get or entries"))
    .description("call a method of a context's application")
    .requiredOption("--context <id>", "the context's id")
    .option("--args <json>", "the arguments, a JSON object", "{}")
    .action(async (method: string, options: CallOptions) => (await client()).call(method, options));
  withClientOptions(program.command("status"))
    .description("show what a running node is doing")
    .action(async (options: ClientOptions) => (await client()).status(options));
  withClientOptions(program.command("peers"))
    .description("list the peers a running node is connected to")
    .action(async (options: ClientOptions) => (await client()).peers(options));
}

/** To be called last: it knows the commands that were there before. */
export function registerCompletion(program: Command): void {
  program
    .command("completion")
    .argument("<shell>", "bash, zsh or fish")
    .description("print a script that completes commands in a shell")
    .action(async (shell: string) => (await import("./completion.ts")).completion(shell, program));
}

function registerNode(program: Command): void {
  const node = program.command("node").description("make, configure and run a node");
  withHomeOptions(node.command("init"))
    .description("make a node: its folder, key and configuration")
    .option("--swarm-port <port>", "TCP port for other nodes (default: 2428)")
    .option("--server-port <port>", "TCP port of the API (default: 2528)")
    .option("--boot-nodes <addresses>", "nodes to connect to, separated by commas")
    .option("--profile <name>", "how syncing is tuned: small, medium or large (default: medium)")
    .option("--mdns", "find nodes in the local network")
    .option("--force", "write the configuration anew where there is one; key and store stay")
    .action(async (options: InitOptions) => (await import("./init.ts")).init(options));
  withHomeOptions(node.command("run"))
    .description("run a node until it is told to stop (SIGINT, SIGTERM); says one line when it is ready")
    .option(
      "--accept-loss",
      "go on with what is left of a store whose last writes, or all of which, are gone",
    )
    .option("--record <folder>", "keep a flight recording there: all that came to the node, to replay")
    .option("--record-mib <count>", "MiB a file of the recording, of which the two newest stay (default: 64)")
    .action(async (options: RunOptions) => (await import("./run.ts")).run(options));
  node
    .command("replay")
    .argument("<file>", "a file of a flight recording")
    .description("take a core through a recording, and say whether it does what it did")
    .option("--to <number>", "only so many inputs; shows where the node stands then")
    .option("--json", "print one line of JSON")
    .action(async (file: string, options: ReplayOptions) =>
      (await import("./replay.ts")).replayFile(file, options),
    );
  withTimeout(
    withHomeOptions(
      node.command("backup").argument("<folder>", "where to put the copy; nothing may be there yet"),
    ),
  )
    .description(
      "copy a node's folder, while it runs or not, and read the copy again; a restored node is the copy put in its place",
    )
    .action(async (target: string, options: BackupOptions) =>
      (await import("./backup.ts")).backup(target, options),
    );
  withHomeOptions(node.command("repair"))
    .description("read a stopped node's whole store, and put right what is damaged in it")
    .option(
      "--accept-loss",
      "where something is gone, make a new store of what can be read, or an empty one; the old one is kept",
    )
    .action(async (options: HomeOptions & { readonly acceptLoss?: true }) =>
      (await import("./repair.ts")).repair(options),
    );
  withHomeOptions(node.command("config").argument("<assignments...>", "for example swarm.port=2428"))
    .description("change settings, all or none; they take effect when the node starts")
    .action(async (assignments: string[], options: HomeOptions) =>
      (await import("./config.ts")).config(assignments, options),
    );
}

function registerContext(program: Command): void {
  const context = program.command("context").description("make, list and join contexts on a running node");
  withClientOptions(context.command("create"))
    .description("make a context, whose admin this node is; others come in by invitation")
    .option("--application <name>", "what runs in it", "kv-store")
    .option(
      "--member <member...>",
      "who is a member from the start: KEY or KEY:ROLE, the key as the node's status shows it",
    )
    .option(
      "--open [role]",
      "let everyone in who knows its id, as a member or in this role; nothing is sealed",
    )
    .action(async (options: CreateOptions) => (await client()).createContext(options));
  withClientOptions(context.command("list"))
    .description("list the contexts of the node")
    .action(async (options: ClientOptions) => (await client()).listContexts(options));
  withClientOptions(context.command("get").argument("<id>", "the context's id"))
    .description("show one context: its state root, heads, counts and parked work")
    .action(async (id: string, options: ClientOptions) => (await client()).getContext(id, options));
  withClientOptions(context.command("watch").argument("<id>", "the context's id"))
    .description("print what happens in a context as it does: events, new roots, how it is synced")
    .action(async (id: string, options: ClientOptions) =>
      (await import("./watch-context.ts")).watchContext(id, options),
    );
  withClientOptions(context.command("retry").argument("<id>", "the context's id"))
    .description("try parked work again: handlers and queued calls that failed too often")
    .action(async (id: string, options: ClientOptions) => (await client()).retryContext(id, options));
  withClientOptions(context.command("sync").argument("<id>", "the context's id"))
    .description("sync a context at once")
    .option("--peer <id>", "with this peer only")
    .action(async (id: string, options: ClientOptions & { readonly peer?: string }) =>
      (await client()).syncContext(id, options),
    );
  withClientOptions(context.command("delete").argument("<id>", "the context's id"))
    .description("remove a context from this node alone, with all it has of it; it stays the member it is")
    .action(async (id: string, options: ClientOptions) => (await client()).deleteContext(id, options));
  withClientOptions(context.command("join").argument("<invitation>", "an invitation, or a context's id"))
    .description("come into a context: by an invitation, or by its id where it names this node or is open")
    .action(async (text: string, options: ClientOptions) => (await client()).joinContext(text, options));
  registerMembers(context);
}

function registerMembers(context: Command): void {
  const members = () => import("./members.ts");
  const withId = (name: string) =>
    withClientOptions(context.command(name).argument("<id>", "the context's id"));
  withId("invite")
    .description("sign an invitation, which lets in whoever uses it first: hand it over as a secret")
    .option("--role <role>", "admin, member or reader", "member")
    .option("--for <key>", "let in this key alone")
    .option("--hours <count>", "how long it is good for (default: 168)")
    .action(async (id: string, options: InviteOptions) => (await members()).invite(id, options));
  withId("members")
    .description("list who is a member, and in which role")
    .action(async (id: string, options: ClientOptions) => (await members()).listMembers(id, options));
  withId("role")
    .argument("<key>", "the member's key; whoever is no member becomes one")
    .argument("<role>", "admin, member or reader")
    .description("give a member another role")
    .action(async (id: string, key: string, role: string, options: ClientOptions) =>
      (await members()).giveRole(id, { key, role }, options),
    );
  withId("remove")
    .argument("<key>", "the member's key")
    .description("remove a member, and change the key of the topic")
    .action(async (id: string, key: string, options: ClientOptions) =>
      (await members()).removeMember(id, key, options),
    );
  withId("resign")
    .description("cease to be a member; what is here stays here")
    .action(async (id: string, options: ClientOptions) => (await members()).resign(id, options));
}

function registerApp(program: Command): void {
  const app = program.command("app").description("install applications of your own on a node");
  withHomeOptions(app.command("install").argument("<file>", "a module that exports applications"))
    .description("have a node run the applications of a file, which stays where it is")
    .action(async (file: string, options: HomeOptions) => (await import("./app.ts")).install(file, options));
  withHomeOptions(app.command("list"))
    .description("list the applications of a node")
    .action(async (options: HomeOptions) => (await import("./app.ts")).list(options));
  withHomeOptions(app.command("uninstall").argument("<name>", "an application, or its file"))
    .description("have a node forget the file of an application; contexts that need it stay")
    .action(async (name: string, options: HomeOptions) =>
      (await import("./app.ts")).uninstall(name, options),
    );
}

function registerBlob(program: Command): void {
  const blob = program.command("blob").description("share files among the members of a context");
  const inContext = (command: Command) =>
    withClientOptions(command).requiredOption("--context <id>", "the context's id");
  inContext(blob.command("upload").argument("<file>", "at most 500 MiB"))
    .description("put a file on the node and have the context refer to it; prints the blob's id")
    .option("--name <name>", "what to call it (default: the file's name)")
    .option("--type <type>", "its media type", "application/octet-stream")
    .action(async (file: string, options: UploadOptions) => (await blobs()).upload(file, options));
  inContext(blob.command("download").argument("<blob>", "the blob's id"))
    .description("write a blob to a file; run again, it goes on where it was broken off")
    .option("-o, --output <file>", "where to (default: its name, in this folder)")
    .option("--force", "replace the file if it is there")
    .action(async (id: string, options: DownloadOptions) => (await blobs()).download(id, options));
  inContext(blob.command("list"))
    .description("list the blobs a context refers to")
    .action(async (options: BlobOptions) => (await blobs()).list(options));
  inContext(blob.command("info").argument("<blob>", "the blob's id"))
    .description("show one blob: its name, type and size, and how much of it is on the node")
    .action(async (id: string, options: BlobOptions) => (await blobs()).info(id, options));
  inContext(blob.command("delete").argument("<blob>", "the blob's id"))
    .description("have the context refer to it no longer; every node drops it after a while")
    .action(async (id: string, options: BlobOptions) => (await blobs()).remove(id, options));
}

const blobs = () => import("./blob.ts");
const client = () => import("./client.ts");

function withHomeOptions(command: Command): Command {
  return command
    .option("--home <folder>", "where nodes keep their folders (default: ~/.reconverge)")
    .option("--name <name>", "which node", "default")
    .option("--json", "print one line of JSON");
}

function withClientOptions(command: Command): Command {
  return withTimeout(
    command
      .addOption(
        new Option("--node <name>", 'which node of this machine (default: "default")').conflicts("api"),
      )
      .addOption(new Option("--api <url>", "the node's API, for example http://127.0.0.1:2528"))
      .option("--home <folder>", "where nodes keep their folders (default: ~/.reconverge)"),
  ).option("--json", "print one line of JSON");
}

function withTimeout(command: Command): Command {
  const least =
    command.name() === "watch" ? "; at least 45, as a node with nothing to tell says so every 15" : "";
  const meaning = `give up a node that says nothing for so long (default: 60${least})`;
  return command.option("--timeout <seconds>", meaning);
}
