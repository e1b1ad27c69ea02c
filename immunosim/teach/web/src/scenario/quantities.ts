/** Quantities of documents, such as "12.0 mg", as numbers in the units of the model: day, mg, mL, kg, year. */

import type { Table, Value } from "../model";
import { ScenarioFault } from "./fault";

const DAYS_PER_MONTH = 30.4375;
const DAYS_PER_YEAR = 365.25;

export type Dimension = "time" | "mass" | "volume" | "concentration" | "age" | "weight" | "count" | "rate" | "frequency";

const UNITS: Record<Dimension, Record<string, number>> = {
  time: {
    day: 1, days: 1, d: 1, h: 1 / 24, hour: 1 / 24, hours: 1 / 24, min: 1 / 1440, minute: 1 / 1440, minutes: 1 / 1440,
    s: 1 / 86400, week: 7, weeks: 7, month: DAYS_PER_MONTH, months: DAYS_PER_MONTH, year: DAYS_PER_YEAR, years: DAYS_PER_YEAR,
  },
  mass: { mg: 1, g: 1000, ug: 0.001, "µg": 0.001, mcg: 0.001 },
  volume: { mL: 1, ml: 1, L: 1000, l: 1000 },
  concentration: { "mg/mL": 1, "mg/ml": 1 },
  age: { year: 1, years: 1 },
  weight: { kg: 1, g: 0.001 },
  count: { "cells/uL": 1, "cells/µL": 1, "1e9/L": 1000, "10^9/L": 1000 },
  rate: { "mg/day": 1, "mg/h": 24 },
  frequency: { "1/day": 1, "1/year": 1 / DAYS_PER_YEAR },
};

const TEXT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$/;

/** Read a quantity; a bare number is taken in the model's unit where that is allowed. */
export function quantity(value: Value | undefined, dimension: Dimension, key: string, isBare = false): number {
  const units = UNITS[dimension];
  if (typeof value === "number" && isBare && Number.isFinite(value)) return value;
  const found = typeof value === "string" ? TEXT.exec(value) : null;
  const factor = found ? (found[2] === "" && isBare ? 1 : Object.hasOwn(units, found[2]!) ? units[found[2]!]! : NaN) : NaN;
  const size = found ? Number(found[1]) * factor : NaN;
  if (!Number.isFinite(size)) {
    throw new ScenarioFault(`${shown(value)} is not a ${dimension}`, key, `write a quantity in ${Object.keys(units)[0]}`);
  }
  return size;
}

/** The value of a key of a table as a quantity; `otherwise` where the table does not have it. */
export function quantityOf<T>(table: Table, name: string, dimension: Dimension, path: string, otherwise: T): number | T {
  const value = table[name];
  return value === undefined || value === null ? otherwise : quantity(value, dimension, `${path}.${name}`);
}

/** A whole number within bounds. */
export function whole(value: Value | undefined, key: string, low: number, high: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) {
    throw new ScenarioFault(`${shown(value)} is not a whole number from ${low} to ${high}`, key, "correct the number");
  }
  return value;
}

/** A finite number. */
export function numberOf(value: Value | undefined, key: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ScenarioFault(`${shown(value)} is not a number`, key, "write a number");
  return value;
}

/** The tables of a list; none where the document has no such list. */
export function tablesOf(value: Value | undefined, key: string): Table[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((entry) => entry === null || typeof entry !== "object" || Array.isArray(entry))) {
    throw new ScenarioFault("is not a list of tables", key, "start again from a scenario of the page");
  }
  return value as Table[];
}

/** A table; an empty one where the document has none. */
export function tableOf(value: Value | undefined, key: string): Table {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new ScenarioFault("is not a table", key, "start again from a scenario of the page");
  return value as Table;
}

/** A value as a message shows it, short. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : String(JSON.stringify(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
