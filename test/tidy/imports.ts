// Who may import whom: every import, export-from, dynamic import and import type of a file against the table.

import { isBuiltin } from "node:module";
import { posix } from "node:path";
import traverseModule, { type NodePath } from "@babel/traverse";
import type { Node } from "@babel/types";
import { ownExports } from "./rules.ts";
import {
  isListed,
  type OwnPlace,
  placeOf,
  type SourceFile,
  type Violation,
  violation,
} from "./source-file.ts";

const traverse = traverseModule.default;

/** One module that a file names. `specifier` is null when it is computed. */
interface Import {
  readonly node: Node;
  readonly specifier: string | null;
  readonly typesOnly: boolean;
}

/** Every import that the table does not allow, and the file itself when the table has no place for it. */
export function checkImports(file: SourceFile): readonly Violation[] {
  const own = placeOf(file.path);
  if (own === null) {
    const message = "is in no folder of the architecture: move it, or add its folder to test/tidy/rules.ts";
    return [violation("place", file, { message })];
  }
  return importsOf(file).flatMap((found) => {
    const trouble = troubleWith(found, file.path, own);
    if (trouble === null) return [];
    const advice = own.rules.instead === "" ? "" : `: ${own.rules.instead}`;
    return [violation("import", file, { node: found.node, message: `${trouble}${advice}` })];
  });
}

function importsOf(file: SourceFile): readonly Import[] {
  const found: Import[] = [];
  traverse(file.tree, {
    enter(path: NodePath) {
      const entry = importAt(path.node);
      if (entry !== null) found.push(entry);
    },
  });
  return found;
}

function importAt(node: Node): Import | null {
  switch (node.type) {
    case "ImportDeclaration":
      return { node, specifier: node.source.value, typesOnly: node.importKind === "type" };
    case "ExportAllDeclaration":
      return { node, specifier: node.source.value, typesOnly: node.exportKind === "type" };
    case "ExportNamedDeclaration":
      if (!node.source) return null;
      return { node, specifier: node.source.value, typesOnly: node.exportKind === "type" };
    case "TSImportType":
      return { node, specifier: node.argument.value, typesOnly: true };
    case "CallExpression": {
      if (node.callee.type !== "Import") return null;
      const named = node.arguments[0];
      return { node, specifier: named?.type === "StringLiteral" ? named.value : null, typesOnly: false };
    }
    default:
      return null;
  }
}

/** What is wrong with an import, or null. */
function troubleWith(found: Import, from: string, own: OwnPlace): string | null {
  const { specifier } = found;
  if (specifier === null) return own.rules.nodeModules ? null : `${own.name} may not import a computed name`;
  const target = pathOf(specifier, from);
  if (target !== null) return troubleWithFile(found, target, own);
  if (isBuiltin(specifier)) {
    return own.rules.nodeModules ? null : `${own.name} may not import Node's module "${specifier}"`;
  }
  const packageName = packageOf(specifier);
  if (own.rules.packages === "all" || own.rules.packages.includes(packageName)) return null;
  return `${own.name} may not import the package "${packageName}"`;
}

function troubleWithFile(found: Import, target: string, own: OwnPlace): string | null {
  if (own.rules.imports === "all") return null;
  const place = placeOf(target);
  if (place === null)
    return `${own.name} may not import "${target}", which is in no folder of the architecture`;
  if (place.name === own.name || isListed(place.name, own.rules.imports)) return null;
  if (!isListed(place.name, own.rules.typesOf)) return `${own.name} may not import from ${place.name}`;
  return found.typesOnly ? null : `${own.name} may import only types from ${place.name}`;
}

/** The path from the root that a specifier stands for, or null when it names a package. */
function pathOf(specifier: string, from: string): string | null {
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  return ownExports.get(specifier) ?? null;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
