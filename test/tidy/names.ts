// Names and syntax that make a result depend on more than the arguments. The table says which, and where.

import traverseModule, { type NodePath } from "@babel/traverse";
import type { Node } from "@babel/types";
import { type Ban, bans } from "./rules.ts";
import {
  isListed,
  type OwnPlace,
  placeOf,
  type SourceFile,
  type Violation,
  violation,
} from "./source-file.ts";

const traverse = traverseModule.default;

/** Something a file uses that a ban may name. */
interface Use {
  readonly kind: Ban["kind"];
  readonly name: string;
}

/** Every use of what is banned where the file is. */
export function checkNames(file: SourceFile): readonly Violation[] {
  const own = placeOf(file.path);
  if (own === null) return [];
  const violations: Violation[] = [];
  traverse(file.tree, {
    enter(path: NodePath) {
      for (const use of usesAt(path)) {
        const ban = banOf(use, own);
        if (ban === null) continue;
        const message = `${use.kind === "math" && use.name !== "Math" ? "Math." : ""}${use.name} is banned in ${own.name}: ${ban.instead}`;
        violations.push(violation(`${use.kind} ${use.name}`, file, { node: path.node, message }));
      }
    },
  });
  return violations;
}

function banOf(use: Use, own: OwnPlace): Ban | null {
  const matches = (name: string) =>
    name.endsWith("*") && name !== "**" ? use.name.startsWith(name.slice(0, -1)) : use.name === name;
  const found = bans.find(
    (ban) => ban.kind === use.kind && ban.names.some(matches) && isListed(own.name, ban.places),
  );
  return found ?? null;
}

function usesAt(path: NodePath): readonly Use[] {
  const { node } = path;
  if (node.type === "Identifier") return isGlobalReference(path) ? [globalUse(path, node.name)] : [];
  const member = memberNameOf(node);
  const syntax = syntaxOf(path);
  return [
    ...(member === null ? [] : [{ kind: "member" as const, name: member }]),
    ...(syntax === null ? [] : [{ kind: "syntax" as const, name: syntax }]),
  ];
}

/** `Math.floor` is judged by its function; `Math` in any other position as a whole. */
function globalUse(path: NodePath, name: string): Use {
  if (name !== "Math") return { kind: "global", name };
  const called = path.key === "object" && path.parent ? memberNameOf(path.parent) : null;
  return { kind: "math", name: called ?? name };
}

/** The name by which a node reads a member, or null when it is computed or the node reads none. */
function memberNameOf(node: Node): string | null {
  if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") {
    if (!node.computed) return node.property.type === "Identifier" ? node.property.name : null;
    return node.property.type === "StringLiteral" ? node.property.value : null;
  }
  return null;
}

function syntaxOf(path: NodePath): string | null {
  const { node } = path;
  if ("async" in node && node.async === true) return "async";
  switch (node.type) {
    case "AwaitExpression":
      return "await";
    case "ForOfStatement":
      return node.await ? "await" : null;
    case "ForInStatement":
      return "for…in";
    case "BinaryExpression":
      return node.operator === "**" ? "**" : null;
    case "AssignmentExpression":
      return node.operator === "**=" ? "**" : null;
    case "VariableDeclaration": {
      const isTopLevel = path.parent.type === "Program" || path.parent.type === "ExportNamedDeclaration";
      return isTopLevel && node.kind !== "const" ? `module-level ${node.kind}` : null;
    }
    default:
      return null;
  }
}

/** Nodes of TypeScript in which an identifier refers to something; in all others it names a member or parameter. */
const referringNodes: ReadonlySet<string> = new Set([
  ...[
    "TSTypeReference",
    "TSTypeQuery",
    "TSExpressionWithTypeArguments",
    "TSInterfaceHeritage",
    "TSClassImplements",
  ],
  ...["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSTypeAssertion"],
  ...["TSInstantiationExpression", "TSExportAssignment", "TSEnumMember", "TSQualifiedName"],
]);

function isGlobalReference(path: NodePath): boolean {
  if (path.node.type !== "Identifier") return false;
  const { parent, key } = path;
  if (parent.type.startsWith("TS")) {
    if (!referringNodes.has(parent.type)) return false;
    if (
      (parent.type === "TSQualifiedName" && key === "right") ||
      (parent.type === "TSEnumMember" && key === "id")
    ) {
      return false;
    }
  } else if (!path.isReferencedIdentifier()) return false;
  return !path.scope.hasBinding(path.node.name, true);
}
