/** Every type an entity may have, in one table. A new type is a new file in `types/` and a line here. */

import { type ContainerChange, type ContainerContent, container } from "./types/container.ts";
import { type CounterChange, type CounterContent, counter } from "./types/counter.ts";
import type { EntityType } from "./types/entity-type.ts";
import { type FrozenContent, frozen } from "./types/frozen.ts";
import { type OwnedContent, owned } from "./types/owned.ts";
import { type RegisterChange, type RegisterContent, register } from "./types/register.ts";
import { type RunChange, type RunContent, run } from "./types/run.ts";
import { type ElementChange, type ElementContent, element } from "./types/set-element.ts";
import { type SharedChange, type SharedContent, shared } from "./types/shared.ts";

/** What an entity holds, told apart by `type`. */
export type Content =
  | RegisterContent
  | ContainerContent
  | CounterContent
  | ElementContent
  | OwnedContent
  | FrozenContent
  | SharedContent
  | RunContent;

export type TypeName = Content["type"];
export type ContentOf<Name extends TypeName> = Extract<Content, { readonly type: Name }>;

/** What an action may do to an entity of each type. */
export interface Changes {
  readonly register: RegisterChange;
  readonly container: ContainerChange;
  readonly counter: CounterChange;
  readonly element: ElementChange;
  readonly owned: RegisterChange;
  readonly frozen: RegisterChange;
  readonly shared: SharedChange;
  readonly run: RunChange;
}

type Types = { readonly [Name in TypeName]: EntityType<ContentOf<Name>, Changes[Name]> };

export const types: Types = { register, container, counter, element, owned, frozen, shared, run };
export const typeNames = Object.keys(types) as readonly TypeName[];

const nameByCode: ReadonlyMap<unknown, TypeName> = new Map(typeNames.map((name) => [types[name].code, name]));

/** The type of a code as decoded, or undefined. */
export function typeNameOf(code: unknown): TypeName | undefined {
  return nameByCode.get(code);
}

/**
 * The laws of a type, for contents and changes whose type is known to be that one: the compiler cannot follow a
 * table from a member of the union to the law for that member, so this one place says it.
 */
export function lawsOf(name: TypeName): EntityType<Content, Changes[TypeName]> {
  return types[name] as unknown as EntityType<Content, Changes[TypeName]>;
}
