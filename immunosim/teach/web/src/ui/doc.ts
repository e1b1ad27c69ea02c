// Reading a scenario document by the keys of the command line ("course.2.start"), and its quantities.
import { DAYS_PER_MONTH, DAYS_PER_YEAR } from "./format";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type Table = { [key: string]: Json };

/** The value of a key; undefined where the document has none. Entries of arrays are counted from one. */
export function valueAt(doc: object, key: string): unknown {
  let here: unknown = doc;
  for (const step of key.split(".")) {
    if (Array.isArray(here)) here = here[Number(step) - 1];
    else if (here !== null && typeof here === "object" && Object.hasOwn(here, step)) here = (here as Record<string, unknown>)[step];
    else return undefined;
  }
  return here;
}

const DAYS: Record<string, number> = {
  s: 1 / 86400, second: 1 / 86400, min: 1 / 1440, minute: 1 / 1440, h: 1 / 24, hour: 1 / 24, d: 1, day: 1,
  week: 7, month: DAYS_PER_MONTH, year: DAYS_PER_YEAR,
};

/** Number and unit of a quantity such as "12.0 mg"; a bare number has the unit "". */
export function quantity(value: unknown): { value: number; unit: string } {
  if (typeof value === "number") return { value, unit: "" };
  const match = typeof value === "string" ? /^\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(.*?)\s*$/i.exec(value) : null;
  return match ? { value: Number(match[1]), unit: match[2]! } : { value: NaN, unit: "" };
}

/** A time in days; NaN where it is none. */
export function days(value: unknown): number {
  const { value: size, unit } = quantity(value);
  if (unit === "") return size;
  const name = unit.length > 1 && unit.endsWith("s") ? unit.slice(0, -1) : unit;
  return Object.hasOwn(DAYS, name) ? size * DAYS[name]! : NaN;
}

/** The entries of an array of tables, such as the courses. */
export function entries(doc: object, name: string): Table[] {
  const value = valueAt(doc, name);
  return Array.isArray(value) ? (value as Table[]) : [];
}

/** A copy of a document with the array of tables replaced; without entries it is left out. */
export function withEntries<D extends object>(doc: D, name: string, tables: Table[]): D {
  const copy: Record<string, unknown> = { ...doc, [name]: tables };
  if (tables.length === 0) delete copy[name];
  return copy as D;
}
