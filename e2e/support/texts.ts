// The pages' own texts, so that tests find things as a citizen does: by what is written on them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./environment.ts";

export const LANGUAGES = ["kk", "ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

const texts = Object.fromEntries(LANGUAGES.map((language) => [language, read(language)])) as Record<
  Language,
  Map<string, string>
>;

/** The text of a key such as `action.agree`. Gaps are filled from `gaps`. */
export function text(language: Language, key: string, gaps: Record<string, string | number> = {}): string {
  const found = texts[language].get(key);
  if (found === undefined) throw new Error(`web/texts/${language}.toml has no ${key}`);
  return found.replace(/\{(\w+)\}/g, (_, gap: string) => String(gaps[gap]));
}

/** A pattern that fits the text of a key whatever fills its gaps. */
export function pattern(language: Language, key: string): RegExp {
  const found = texts[language].get(key);
  if (found === undefined) throw new Error(`web/texts/${language}.toml has no ${key}`);
  const parts = found.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function read(language: Language): Map<string, string> {
  const found = new Map<string, string>();
  let table = "";
  for (const line of readFileSync(join(ROOT, `web/texts/${language}.toml`), "utf8").split("\n")) {
    const heading = /^\[(\w+)\]$/.exec(line);
    if (heading) table = heading[1];
    const entry = /^(\w+) = (".*")$/.exec(line);
    if (entry) found.set(`${table}.${entry[1]}`, JSON.parse(entry[2]) as string);
  }
  return found;
}
