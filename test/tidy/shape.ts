// The shape of files and folders: length, default exports, unfinished work, and tests where people look for them.

import {
  defaultExportsAllowedIn,
  linesMax,
  requiredEntries,
  testFoldersOfTheirOwn,
  unfinishedWords,
} from "./rules.ts";
import { isListed, placeOf, type SourceFile, type Violation, violation } from "./source-file.ts";

export function checkLength(file: SourceFile): readonly Violation[] {
  const lines = file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
  if (lines <= linesMax) return [];
  const message = `has ${lines} lines, at most ${linesMax}: take out the part that has a name of its own`;
  return [violation("length", file, { message })];
}

export function checkDefaultExports(file: SourceFile): readonly Violation[] {
  const place = placeOf(file.path);
  if (place !== null && isListed(place.name, defaultExportsAllowedIn)) return [];
  const found = file.tree.program.body.filter(
    (statement) =>
      statement.type === "ExportDefaultDeclaration" ||
      (statement.type === "ExportNamedDeclaration" &&
        statement.specifiers.some(
          ({ exported }) => (exported.type === "Identifier" ? exported.name : exported.value) === "default",
        )),
  );
  const message = "has a default export, which only a scenario may: export it by its name";
  return found.map((node) => violation("default export", file, { node, message }));
}

export function checkUnfinished(file: SourceFile): readonly Violation[] {
  return (file.tree.comments ?? []).flatMap((comment) => {
    const word = unfinishedWords.exec(comment.value)?.[0];
    if (word === undefined) return [];
    const place = comment.loc === undefined ? "" : `:${comment.loc.start.line}`;
    const message = `${file.path}${place} says ${word}: do it, or write an issue and take the comment out`;
    return [{ rule: "unfinished", message }];
  });
}

/** Folders of test/ (paths below it) that mirror no folder or file of the source. */
export function checkTestFolders(
  folders: readonly string[],
  exists: (path: string) => boolean,
): readonly Violation[] {
  return folders
    .filter((folder) => !testFoldersOfTheirOwn.some((own) => folder === own || folder.startsWith(`${own}/`)))
    .filter((folder) => !exists(folder) && !exists(`${folder}.ts`))
    .map((folder) => ({
      rule: "test folder",
      message: `test/${folder} mirrors nothing: name it as the folder whose tests it holds`,
    }));
}

export function checkRequiredEntries(exists: (path: string) => boolean): readonly Violation[] {
  return requiredEntries
    .filter((entry) => !exists(entry))
    .map((entry) => ({ rule: "required", message: `${entry} is missing at the top of the project` }));
}
