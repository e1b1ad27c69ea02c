/** Changes of a document: one value by its key, and what differs between two documents. */

import type { ScenarioDocument, Table, Value } from "../model";
import { ScenarioFault } from "./fault";

const KEY = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** Differences by key; null stands for a key that the base has and the document has not. */
export type Changes = Record<string, Value>;

/** A copy of a document with one value set, by a key of the command line such as "course.2.dose". */
export function setValue(doc: ScenarioDocument, key: string, value: Value): ScenarioDocument {
  return laidOver(doc, { [key]: value });
}

/** The document that differences give with their base. Throws a ScenarioFault where they do not fit it. */
export function laidOver(base: ScenarioDocument, changes: Changes): ScenarioDocument {
  const document = structuredClone(base) as Table;
  for (const [key, value] of Object.entries(changes)) put(document, key, value);
  return document;
}

function put(document: Table, key: string, value: Value): void {
  const steps = key.split(".");
  if (!KEY.test(key) || key.length > 200 || steps.some((step) => FORBIDDEN.has(step))) throw new ScenarioFault("is not a key", key.slice(0, 60));
  const last = steps.pop()!;
  let here: Value = document;
  for (const step of steps) here = below(here, step, key);
  if (Array.isArray(here)) here[indexOf(here, last, key)] = value;
  else if (here === null || typeof here !== "object") throw new ScenarioFault("goes deeper than a single value", key, "shorten the key");
  else if (value === null) delete here[last];
  else here[last] = structuredClone(value);
}

function below(here: Value, step: string, key: string): Value {
  if (Array.isArray(here)) return here[indexOf(here, step, key)]!;
  if (here === null || typeof here !== "object") throw new ScenarioFault("goes deeper than a single value", key, "shorten the key");
  if (!Object.hasOwn(here, step)) here[step] = {};
  return here[step]!;
}

function indexOf(entries: Value[], step: string, key: string): number {
  const number = /^\d{1,4}$/.test(step) ? Number(step) : 0;
  if (number < 1 || number > entries.length) throw new ScenarioFault(`unknown entry ${step} among ${entries.length} entries`, key, "entries are counted from 1");
  return number - 1;
}

/** What must be laid over a base to get a document; lists of tables of another length are replaced whole. */
export function differences(base: ScenarioDocument, doc: ScenarioDocument): Changes {
  const found: Changes = {};
  compare(base, doc, "", found);
  return found;
}

function compare(base: Value, other: Value, path: string, found: Changes): void {
  if (isTable(base) && isTable(other)) {
    for (const key of new Set([...Object.keys(base), ...Object.keys(other)])) {
      const place = path ? `${path}.${key}` : key;
      if (!Object.hasOwn(other, key)) found[place] = null;
      else if (!Object.hasOwn(base, key)) found[place] = other[key]!;
      else compare(base[key]!, other[key]!, place, found);
    }
  } else if (areTables(base) && areTables(other) && base.length === other.length) {
    base.forEach((entry, n) => compare(entry, other[n]!, `${path}.${n + 1}`, found));
  } else if (JSON.stringify(base) !== JSON.stringify(other)) found[path] = other;
}

export function isTable(value: Value | undefined): value is Table {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function areTables(value: Value): value is Table[] {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}
