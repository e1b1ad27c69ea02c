// What a key of the scenario is as a knob: its name, its unit for a reader, where its slider ends, and how a value is written.
import type { ModelTables } from "../model";
import { t } from "../text";
import { days, quantity, valueAt } from "./doc";
import { DAYS_PER_MONTH, tidy } from "./format";

export interface Knob {
  key: string;
  label: string;
  unit: string;
  low: number;
  high: number;
  step: number;
  log: boolean;
  /** What stands below: meaning, range, evidence, source. */
  note: string;
  /** The value of the scenario in the unit of the knob. */
  read(doc: object): number;
  /** The text that a scenario has for a value. */
  write(value: number): string | number;
}

interface Shape {
  label: string;
  unit: string;
  low: number;
  high: number;
  step: number;
  /** Unit that the scenario's text has; empty for bare numbers. */
  stored: string;
  /** How many of the stored unit one of the knob's is. */
  factor: number;
  isWhole?: boolean;
  ifNone?: number;
  /** What the end of the slider stands for, where that itself is no dose. */
  least?: number;
}

const time = (label: string, low: number, high: number): Shape => ({ label, unit: t("months"), low, high, step: 0.5, stored: "day", factor: DAYS_PER_MONTH });

/** Knobs of an entry of treatments by the last part of the key. */
function shapeOfEntry(part: string, tables: ModelTables, drugName: string): Shape | null {
  const drug = drugName === "course" ? tables.drugs[0] : tables.drugs.find((one) => one.name === drugName);
  const plausible = drug?.plausible;
  const high = plausible ? plausible[1]! : 100;
  const step = high > 500 ? 25 : high > 120 ? 5 : high > 20 ? 1 : 0.5;
  switch (part) {
    case "dose": return { label: drugName === "course" ? t("dose") : t("doseAny"), unit: "mg", low: 0, high, step, stored: "mg", factor: 1, least: plausible?.[0] ?? 0 };
    case "doses": return { label: t("doses"), unit: "", low: 1, high: drugName === "course" ? 10 : 30, step: 1, stored: "", factor: 1, isWhole: true };
    case "every": return { label: t("every"), unit: t("days"), low: 0.5, high: 30, step: 0.5, stored: "day", factor: 1 };
    case "start": return time(t("start"), drugName === "course" ? 0 : -24, 60);
    case "stop": return time(t("stop"), -24, 120);
    case "infusion": return { label: t("infusion"), unit: t("hours"), low: 0.5, high: 24, step: 0.5, stored: "day", factor: 1 / 24 };
    case "volume": return { label: t("volume"), unit: "mL", low: 0.5, high: 10, step: 0.5, stored: "mL", factor: 1 };
    case "times_per_day": return { label: t("timesPerDay"), unit: "", low: 1, high: 4, step: 1, stored: "", factor: 1, isWhole: true };
    case "effect": return { label: t("effect"), unit: "", low: 0, high: 1, step: 0.05, stored: "", factor: 1 };
    default: return null;
  }
}

function shapeOfPatient(part: string): Shape | null {
  switch (part) {
    case "age": return { label: t("age"), unit: t("years"), low: 18, high: 75, step: 1, stored: "year", factor: 1 };
    case "weight": return { label: t("weight"), unit: "kg", low: 40, high: 140, step: 1, stored: "kg", factor: 1 };
    case "depletion_efficiency": return { label: t("depletionEfficiency"), unit: "", low: 0.1, high: 3, step: 0.05, stored: "", factor: 1, ifNone: 1 };
    case "anti_drug_antibody": return { label: t("antiDrug"), unit: "", low: 0, high: 20, step: 0.1, stored: "", factor: 1, ifNone: 0 };
    default: return null;
  }
}

function fromShape(key: string, shape: Shape): Knob {
  const { stored, factor } = shape;
  return {
    key, label: shape.label, unit: shape.unit, low: shape.low, high: shape.high, step: shape.step, log: false, note: "",
    read(doc) {
      const value = valueAt(doc, key);
      if (value === undefined) return shape.ifNone ?? NaN;
      return tidy((stored === "day" ? days(value) : quantity(value).value) / factor);
    },
    write(value) {
      const size = tidy(Math.max(value, shape.least ?? -Infinity) * factor);
      if (shape.isWhole) return Math.round(size);
      return stored ? `${size} ${stored}` : size;
    },
  };
}

function ofParameter(key: string, name: string, tables: ModelTables): Knob | null {
  const row = tables.parameters.find((parameter) => parameter.name === name);
  if (!row) return null;
  const low = row.low ?? (row.value > 0 ? row.value / 10 : 0), high = row.high ?? (row.value > 0 ? row.value * 10 : 1);
  const log = low > 0 && high / low > 8;
  return {
    key, label: row.label || name, unit: row.unit === "1" ? "" : row.unit, low, high, log, step: log ? 0 : Number(((high - low) / 200).toPrecision(1)),
    note: [row.note, `${t("evidence")}: ${row.evidence}`, row.source && `${t("source")}: ${row.source}`].filter(Boolean).join(" · "),
    read(doc) {
      const value = valueAt(doc, key);
      return value === undefined ? row.value : quantity(value).value;
    },
    write: (value) => tidy(value),
  };
}

/** The knob of a key; null where the key is no number that the page knows. */
export function knobOf(key: string, tables: ModelTables): Knob | null {
  const steps = key.split(".");
  const last = steps.at(-1)!;
  if (key === "horizon") return fromShape(key, { label: t("horizon"), unit: t("months"), low: 1, high: 120, step: 1, stored: "day", factor: DAYS_PER_MONTH });
  if (steps[0] === "parameters" && steps.length === 2) return ofParameter(key, last, tables);
  if (steps[0] === "patient") {
    const shape = shapeOfPatient(last);
    return shape && steps.length === 2 ? fromShape(key, shape) : null;
  }
  if (steps.length === 3 && /^\d+$/.test(steps[1]!)) {
    const shape = shapeOfEntry(last, tables, steps[0]!);
    return shape && fromShape(key, shape);
  }
  return null;
}

/** The name of a knob among others: which course or drug it belongs to. */
export function fullLabel(key: string, knob: Knob, tables: ModelTables): string {
  const [table, n] = key.split(".");
  if (table === "course") return `${t("course", { n: n! })}: ${lower(knob.label)}`;
  const drug = tables.drugs.find((one) => one.name === table);
  return drug ? `${drug.label}: ${lower(knob.label)}` : knob.label;
}

function lower(text: string): string {
  return document.documentElement.lang === "de" ? text : text.slice(0, 1).toLowerCase() + text.slice(1);
}

/** Places of a slider are 0 to 1000 on a logarithmic scale. */
export function toSlider(knob: Knob, value: number): number {
  if (!knob.log) return value;
  return (1000 * Math.log(Math.max(value, knob.low) / knob.low)) / Math.log(knob.high / knob.low);
}

export function fromSlider(knob: Knob, place: number): number {
  if (!knob.log) return place;
  return Number((knob.low * (knob.high / knob.low) ** (place / 1000)).toPrecision(3));
}

