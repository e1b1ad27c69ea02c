/** What a document says of one patient, as the closed parameter vector of the model: `patient_parameters`. */

import type { Kernels } from "../engine";
import type { ModelTables, Parameter, ScenarioDocument, Value } from "../model";
import { ScenarioFault } from "./fault";
import { quantity, type Dimension, shown, tableOf } from "./quantities";
import { ordersOf } from "./regimen";

/** Units of the patient's own values in documents. */
const DIMENSIONS: Record<string, Dimension> = { year: "age", kg: "weight", day: "time" };

/** The closed vector of a document's patient. */
export function individualVector(doc: ScenarioDocument, tables: ModelTables, kernels: Kernels): Float64Array {
  const given = givenValues(doc, tables);
  const off = switchedOff(doc, tables);
  const vector = closed(given, off, tables, kernels);
  const scales = countScales(doc, tables, kernels, vector);
  if (scales.size === 0) return vector;
  return closed(new Map([...given, ...scales]), off, tables, kernels);
}

export function switchedOff(doc: ScenarioDocument, tables: ModelTables): Set<string> {
  const { off } = tableOf(doc.mechanisms, "mechanisms");
  const names = Array.isArray(off) ? off : [];
  const known = new Set(tables.switches.map((mechanism) => mechanism.name));
  for (const name of names) {
    if (typeof name !== "string" || !known.has(name)) throw new ScenarioFault(`unknown mechanism ${shown(name)}`, "mechanisms.off", "choose one of the list");
  }
  return new Set(names as string[]);
}

/** Values that the document gives, by parameter; its own table goes before what volumes of doses set. */
function givenValues(doc: ScenarioDocument, tables: ModelTables): Map<string, number> {
  const values = new Map<string, number>();
  for (const parameter of tables.parameters) {
    if (!parameter.belongs_to_patient) continue;
    const value = valueAt(doc, parameter.key);
    if (value !== undefined && value !== null) values.set(parameter.name, ofPatient(parameter, value));
  }
  const table = tableOf(doc.parameters, "parameters");
  for (const [name, millilitres] of volumesOf(doc, tables)) {
    const parameter = tables.parameters.find((one) => one.name === name);
    if (parameter && !Object.hasOwn(table, name)) values.set(name, millilitres * (parameter.unit === "L" ? 0.001 : 1));
  }
  const known = new Map(tables.parameters.map((parameter) => [parameter.name, parameter]));
  for (const [name, value] of Object.entries(table)) {
    const parameter = known.get(name);
    if (!parameter) throw new ScenarioFault("is not a parameter", `parameters.${name}`, "choose one of the list");
    if (parameter.belongs_to_patient) throw new ScenarioFault("belongs to the patient", `parameters.${name}`, `set ${keyOf(parameter)} instead`);
    values.set(name, bare(parameter, value));
  }
  for (const [name, value] of values) checkBounds(known.get(name)!, value);
  return values;
}

function valueAt(doc: ScenarioDocument, key: string): Value | undefined {
  let here: Value | undefined = doc;
  for (const step of key.split(".")) {
    if (here === null || typeof here !== "object" || Array.isArray(here)) return undefined;
    here = Object.hasOwn(here, step) ? here[step] : undefined;
  }
  return here;
}

function ofPatient(parameter: Parameter, value: Value): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  const dimension = DIMENSIONS[parameter.unit];
  return dimension && typeof value === "string" ? quantity(value, dimension, parameter.key) : bare(parameter, value);
}

/** A number in the parameter's own unit, which may stand behind it. */
function bare(parameter: Parameter, value: Value): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const found = typeof value === "string" ? /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$/.exec(value) : null;
  if (found && (found[2] === "" || found[2] === parameter.unit)) return Number(found[1]);
  throw new ScenarioFault(`${shown(value)} is not a value in ${parameter.unit}`, keyOf(parameter), `write a number, its unit is ${parameter.unit}`);
}

/** The key by which a document sets a parameter. */
export function keyOf(parameter: Parameter): string {
  return parameter.key || `parameters.${parameter.name}`;
}

function checkBounds(parameter: Parameter, value: number): void {
  const { low, high, unit } = parameter;
  const key = keyOf(parameter);
  if (low <= value && value <= high) return;
  const [side, bound] = value < low ? ["below its lower", low] : ["above its upper", high];
  const of = unit === "1" ? "" : ` ${unit}`;
  throw new ScenarioFault(`${value}${of} is ${side} bound of ${bound}${of}`, key, `choose from ${low} to ${high}${of}`);
}

/** The largest volume of the doses of each drug that covers an area, mL, by the parameter that it sets. */
function volumesOf(doc: ScenarioDocument, tables: ModelTables): Map<string, number> {
  const largest = new Map<string, number>();
  for (const { drug, table, key } of ordersOf(doc, tables)) {
    if (!drug.volume_sets) continue;
    let volume: number | null = null;
    if (table.volume !== undefined && table.volume !== null) volume = quantity(table.volume, "volume", `${key}.volume`);
    else if (table.concentration !== undefined && table.concentration !== null) {
      volume = quantity(table.dose, "mass", `${key}.dose`) / quantity(table.concentration, "concentration", `${key}.concentration`);
    }
    if (volume !== null && volume > (largest.get(drug.volume_sets) ?? 0)) largest.set(drug.volume_sets, volume);
  }
  return largest;
}

/** The scale of each subset whose untreated count is given; counts are linear in their scale. */
function countScales(doc: ScenarioDocument, tables: ModelTables, kernels: Kernels, vector: Float64Array): Map<string, number> {
  const scales = new Map<string, number>();
  const given = Object.entries(tableOf(tableOf(doc.patient, "patient").baseline, "patient.baseline")).filter(([, value]) => value !== null);
  if (given.length === 0) return scales;
  const untreated = new Float64Array(tables.pools.length);
  kernels.baseline(vector, untreated);
  const readouts = new Float64Array(tables.readouts.length);
  kernels.readouts(untreated, vector, new Float64Array(tables.inputs.length), readouts);
  const position = new Map(tables.parameters.map((parameter, i) => [parameter.name, i]));
  for (const [name, value] of given) {
    const key = `patient.baseline.${name}`;
    const index = tables.readouts.findIndex((readout) => readout.name === name);
    const own = tables.parameters.filter((parameter) => parameter.scales.includes(name));
    if (index < 0 || own.length === 0) throw new ScenarioFault("is not an untreated count of this model", key);
    const unit = tables.readouts[index]!.unit;
    const factor = quantity(value, "count", key) / (unit === "1e9/L" ? 1000 : 1) / readouts[index]!;
    for (const parameter of own) {
      if (Object.hasOwn(tableOf(doc.parameters, "parameters"), parameter.name)) throw new ScenarioFault("is given twice", key, `give either ${key} or parameters.${parameter.name}`);
      const scaled = vector[position.get(parameter.name)!]! * factor;
      if (!(parameter.low <= scaled && scaled <= parameter.high)) throw new ScenarioFault(`is ${factor.toPrecision(3)} times the typical count, beyond what the model is meant for`, key, "check value and unit");
      scales.set(parameter.name, scaled);
    }
  }
  return scales;
}

function closed(values: Map<string, number>, off: Set<string>, tables: ModelTables, kernels: Kernels): Float64Array {
  const vector = new Float64Array(tables.n_vector);
  let place = 0;
  for (const parameter of tables.parameters) vector[place++] = values.get(parameter.name) ?? parameter.value;
  for (const mechanism of tables.switches) vector[place++] = off.has(mechanism.name) ? 0 : 1;
  kernels.close(vector);
  const names = [...tables.parameters.map((one) => one.name), ...tables.switches.map((one) => `on_${one.name}`), ...tables.derived];
  const position = new Map(names.map((name, i) => [name, i]));
  for (const [name, least, cure] of tables.admissible) {
    const value = vector[position.get(name)!]!;
    if (!(value >= least)) throw new ScenarioFault(`follows from the parameters as ${Number(value.toPrecision(4))}, but must be at least ${least}`, `parameters.${name}`, cure);
  }
  const broken = vector.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw new ScenarioFault("does not follow from the parameters as a finite number", names[broken] ?? "a product of parameters");
  return vector;
}
