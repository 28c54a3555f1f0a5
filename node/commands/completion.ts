/** `reconverge completion`: a script for a shell, made from the commands as they are. */

import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { reporting } from "./output.ts";

export const shells = ["bash", "zsh", "fish"] as const;

/** What may follow these words: commands and options. */
interface Step {
  /** The commands so far, as typed. */
  readonly path: string;
  readonly words: readonly string[];
}

export async function completion(shell: string, program: Command): Promise<void> {
  await reporting(false, async () => {
    const script = scripts[shell];
    if (script === undefined)
      throw new Failure(
        "refused",
        "usage",
        `"${shell}" is no shell known here: expected ${shells.join(", ")}`,
      );
    process.stdout.write(script(steps(program, "")));
  });
}

function steps(command: Command, path: string): readonly Step[] {
  const options = command.options.flatMap(({ long }) => (long ? [long] : []));
  const words = [...command.commands.map((each) => each.name()), ...options, "--help"];
  const beneath = command.commands.flatMap((each) => steps(each, `${path} ${each.name()}`.trim()));
  return [{ path, words }, ...beneath];
}

const scripts: Readonly<Record<string, (steps: readonly Step[]) => string>> = {
  bash: bashScript,
  zsh: (all) => `autoload -U +X bashcompinit && bashcompinit\n${bashScript(all)}`,
  fish: (all) =>
    all
      .flatMap(({ path, words }) =>
        words.map((word) => {
          const shown = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
          return `complete -c reconverge -f -n 'test (string join " " (string match -v -- "-*" (commandline -opc)[2..-1])) = "${path}"' ${shown}\n`;
        }),
      )
      .join(""),
};

function bashScript(all: readonly Step[]): string {
  const cases = all.map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`);
  return `_reconverge() {
  local word path="" words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  if [ -n "$words" ]; then
    COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
  else
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -o default -F _reconverge reconverge
`;
}
