/** Scenario files: the canonical form that the package and this page write, and nothing else. */

import { parse } from "smol-toml";
import type { ScenarioDocument, Table, Value } from "../model";
import { isTable } from "./change";
import { ScenarioFault } from "./fault";

const LARGEST = 64 * 1024;
const DEEPEST = 6;
const MOST_VALUES = 5000;
const CURE = "check it with `immunosim check FILE`";
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const BARE_KEY = /^[A-Za-z0-9_-]+$/;

/** What a scenario file may hold at its top, besides the tables of the model's drugs. */
const KNOWN = new Set(
  "title description model model_version parameter_set start_date horizon patient course dose input challenge relapse note observed output solver mechanisms parameters".split(" "),
);
/** What the command line reads and a page has no use for. */
const LEFT_OUT = new Set(["sweep", "population"]);
const REFUSED = new Set(["extends", "__proto__", "constructor", "prototype"]);

/** Read the canonical form of a scenario. Throws a ScenarioFault that says what else can be done with the file. */
export function readToml(text: string, drugs: readonly string[] = []): ScenarioDocument {
  if (text.length > LARGEST) throw new ScenarioFault("is larger than 64 kB", "", CURE);
  let parsed: Record<string, unknown>;
  try {
    parsed = parse(text, { maxDepth: 20 }) as Record<string, unknown>;
  } catch (error) {
    throw new ScenarioFault(`is not TOML (${firstLine(error)})`, "", CURE);
  }
  const count = { n: 0 };
  const doc: Table = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (LEFT_OUT.has(key)) continue;
    const isDrugTable = drugs.length > 0 ? drugs.includes(key) : Array.isArray(value);
    if (REFUSED.has(key) || !(KNOWN.has(key) || isDrugTable)) throw new ScenarioFault(`unknown key "${key.slice(0, 40)}"`, "", CURE);
    doc[key] = plain(value, key, 1, count);
  }
  return doc;
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split("\n")[0]!.slice(0, 100);
}

function plain(value: unknown, key: string, depth: number, count: { n: number }): Value {
  if (depth > DEEPEST || ++count.n > MOST_VALUES) throw new ScenarioFault("goes too deep or holds too much", key, CURE);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (Array.isArray(value)) return value.map((entry, n) => plain(entry, `${key}[${n + 1}]`, depth + 1, count));
  if (value !== null && typeof value === "object") {
    const table: Table = {};
    for (const [name, entry] of Object.entries(value)) {
      if (REFUSED.has(name)) throw new ScenarioFault(`unknown key "${name}"`, key, CURE);
      table[name] = plain(entry, `${key}.${name}`, depth + 1, count);
    }
    return table;
  }
  throw new ScenarioFault("holds a value that no scenario has", key, CURE);
}

/** A document as a scenario file that the command line reads. */
export function writeToml(doc: ScenarioDocument): string {
  const entries = Object.entries(doc).filter(([, value]) => value !== null);
  const isBlock = (value: Value): boolean => isTable(value) || (Array.isArray(value) && value.length > 0 && value.every(isTable));
  const lines = entries.filter(([, value]) => !isBlock(value)).map(([key, value]) => `${keyText(key)} = ${top(key, value)}`);
  for (const [key, value] of entries) {
    if (!isBlock(value)) continue;
    for (const table of Array.isArray(value) ? value : [value]) {
      lines.push("", Array.isArray(value) ? `[[${keyText(key)}]]` : `[${keyText(key)}]`, ...tableLines(table as Table, key));
    }
  }
  return `${lines.join("\n").replace(/^\n+/, "")}\n`;
}

function tableLines(table: Table, path: string): string[] {
  const entries = Object.entries(table).filter(([, value]) => value !== null);
  const lines = entries.filter(([, value]) => !isTable(value)).map(([key, value]) => `${keyText(key)} = ${valueText(value)}`);
  for (const [key, value] of entries) {
    if (isTable(value)) lines.push(`[${path}.${keyText(key)}]`, ...tableLines(value, `${path}.${keyText(key)}`));
  }
  return lines;
}

function top(key: string, value: Value): string {
  return key === "start_date" && typeof value === "string" && DATE.test(value) ? value : valueText(value);
}

function keyText(name: string): string {
  return BARE_KEY.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  // What JSON escapes TOML escapes alike; the delete character is the one that TOML forbids and JSON allows.
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function valueText(value: Value): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : numberText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (isTable(value)) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== null);
    return `{ ${entries.map(([key, entry]) => `${keyText(key)} = ${valueText(entry)}`).join(", ")} }`;
  }
  return String(value);
}

/** A number as TOML reads it. */
function numberText(value: number): string {
  return String(value).replace("e+", "e");
}
