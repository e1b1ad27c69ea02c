// Chooses the language of the page's own words.
import { de } from "./de";
import { en, type TextKey, type Texts } from "./en";

export type { TextKey };

const LANGUAGES: Record<string, Texts> = { en, de };
let texts: Texts = en;
let chosen = "en";

/** Use a language; English where there is none. */
export function setLanguage(name: string): void {
  chosen = Object.hasOwn(LANGUAGES, name) ? name : "en";
  texts = LANGUAGES[chosen]!;
}

export function language(): string {
  return chosen;
}

/** The text of a key, with {name} replaced. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
