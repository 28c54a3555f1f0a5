// The reference of settings in docs/operate.md, made from the settings themselves.

import { type Setting, settings } from "../../node/settings.ts";

const begin = "<!-- settings: written by `npm run settings` -->\n";
const end = "<!-- settings end -->";

/** The page with the table as it must be. */
export function withSettings(page: string): string {
  const [before, rest = ""] = page.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined)
    throw new Error("docs/operate.md has no place for settings");
  const rows = Array.from(
    settings,
    ([key, setting]) => `| \`${key}\` | ${shown(setting)} | ${setting.why} |`,
  );
  const table = ["| key | default | what it is |", "|---|---|---|", ...rows].join("\n");
  return `${before}${begin}\n${table}\n\n${end}${after}`;
}

function shown({ default: standard }: Setting): string {
  return `\`${JSON.stringify(standard)}\``;
}
