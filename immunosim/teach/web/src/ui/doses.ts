// What a scenario gives, as marks of charts and as times that charts look at. Keys of a scenario by drug.
import type { ModelTables } from "../model";
import { days, entries, quantity, type Table } from "./doc";
import { CURVES } from "./palette";

export interface Given {
  drug: string;
  /** Single doses of at most a hundred, day. */
  times: number[];
  start: number;
  end: number;
  colour: number;
}

const COLOURS: Record<string, number> = { "#0072B2": 0, "#D55E00": 1, "#009E73": 2, "#CC79A7": 3, "#E69F00": 4 };

/** The key under which a scenario lists the doses of a drug: "course" for the one that depletes. */
export function keyOf(tables: ModelTables, drug: string): string {
  return tables.drugs[0]?.name === drug ? "course" : drug;
}

function colourOf(colour: string, n: number): number {
  return COLOURS[colour.toUpperCase()] ?? n % CURVES.length;
}

/** Everything that is given, in the order of the scenario's tables. */
export function givenIn(doc: object, tables: ModelTables): Given[] {
  const horizon = days((doc as { horizon?: unknown }).horizon);
  return tables.drugs.flatMap((drug, n) => {
    const colour = colourOf(drug.colour, n);
    const keys = n === 0 ? ["course", drug.name] : [drug.name];
    return keys.flatMap((key) => entries(doc, key)).map((entry) => given(entry, drug.name, colour, horizon));
  });
}

function given(entry: Table, drug: string, colour: number, horizon: number): Given {
  const start = days(entry.start ?? 0);
  const n = Math.min(Math.max(1, Math.round(quantity(entry.doses ?? 1).value || 1)), 100);
  const every = days(entry.every ?? "1 day") || 1;
  const times = Array.from({ length: n }, (_unused, k) => start + k * every);
  const last = times.at(-1)! + (entry.infusion !== undefined ? days(entry.infusion) : 0);
  if (entry.stop !== undefined) return { drug, times: [start], start, end: days(entry.stop), colour };
  const taper = Array.isArray(entry.taper) ? (entry.taper as Table[]) : [];
  const more = taper.reduce((sum, step) => sum + (quantity(step.doses ?? 0).value || 0) * every, 0);
  const isOpen = entry.effect !== undefined || entry.times_per_day !== undefined;
  return { drug, times, start, end: isOpen ? horizon : last + more, colour };
}
