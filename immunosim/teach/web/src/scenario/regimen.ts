/** Orders of drugs as dose events: `immunosim.scenario.regimen` and `dosing`. Times in days, masses in mg. */

import type { Drug, ModelTables, ScenarioDocument, Table } from "../model";
import { ScenarioFault } from "./fault";
import { numberOf, quantity, quantityOf, shown, tableOf, tablesOf, whole } from "./quantities";

export interface Infusion {
  kind: "infusion";
  input: string;
  start: number;
  stop: number;
  rate: number;
  amount: number;
  key: string;
  isContinuous: boolean;
}

export interface Bolus {
  kind: "bolus";
  pool: string;
  start: number;
  stop: number;
  amount: number;
  key: string;
}

export type DoseEvent = Infusion | Bolus;

export interface Order {
  key: string;
  table: Table;
  drug: Drug;
  start: number;
}

const MOST_ORDERS = 100;
const MOST_DOSES = 2000;
const SHORTEST_INFUSION = 1e-6;
const MOST_REPEATS = 10_000;
const CURE = "correct the number or its unit, or insist with implausible = true in the entry of the drug";

interface GivenDose {
  number: number;
  start: number;
  planned: number;
  given: number;
}

/** The orders of a document, table by table: courses, the tables of drugs, and doses. */
export function ordersOf(doc: ScenarioDocument, tables: ModelTables): Order[] {
  const names = ["course", ...tables.drugs.map((drug) => drug.name), "dose"];
  const orders = [...new Set(names)].flatMap((name) =>
    tablesOf(doc[name], name).map((table, n) => {
      const key = `${name}[${n + 1}]`;
      return { key, table, drug: drugOf(name, table, tables, key), start: quantity(table.start, "time", `${key}.start`) };
    }),
  );
  if (orders.length > MOST_ORDERS) throw new ScenarioFault(`${orders.length} orders of drugs are too many`, "", `give at most ${MOST_ORDERS}`);
  return orders;
}

function drugOf(name: string, table: Table, tables: ModelTables, key: string): Drug {
  const wanted = name === "course" || name === "dose" ? table.drug : name;
  const drug = wanted === undefined ? tables.drugs.find((one) => one.depletes) : tables.drugs.find((one) => one.name === wanted);
  if (!drug) throw new ScenarioFault(`unknown drug ${shown(wanted)}`, `${key}.drug`, `the model has ${tables.drugs.map((one) => one.name).join(", ")}`);
  return drug;
}

/** Every dose of a document, premedication included, record by record. */
export function eventsOf(doc: ScenarioDocument, tables: ModelTables, horizon: number): DoseEvent[] {
  const events = ordersOf(doc, tables).flatMap((order) => [...eventsOfOrder(order, horizon), ...premedicationOf(order, tables)]);
  events.push(...stepsOf(doc, tables));
  if (events.length > MOST_DOSES) throw new ScenarioFault(`${events.length} doses are too many for the page`, "", "run it with immunosim run FILE");
  return events;
}

function eventsOfOrder(order: Order, horizon: number): DoseEvent[] {
  const { drug, table, key, start } = order;
  if (drug.given === "continuous") {
    const stop = quantityOf(table, "stop", "time", key, horizon);
    if (stop <= start) throw new ScenarioFault("ends before it starts", `${key}.stop`, "give a later stop");
    return [atLevel(drug, start, stop, levelOf(order), key)];
  }
  const infusion = infusionOf(order);
  const before = openingOf(order);
  return givenDoses(order).map((dose) => {
    if (drug.given === "bolus") return { kind: "bolus", pool: drug.enters, start: dose.start, stop: dose.start, amount: dose.given, key };
    const begin = before && dose.number <= before.days ? dose.start + before.duration : dose.start;
    // What is cut short ends early: the pump ran at the planned rate until then.
    return infused(drug, begin, begin + infusion * (dose.given / dose.planned), dose.given, key);
  });
}

/** The level of an input that a continuous drug sets. */
function levelOf({ drug, table, key }: Order): number {
  if (drug.takes_effect) {
    const effect = numberOf(table.effect, `${key}.effect`);
    if (!(effect >= 0 && effect <= 1)) throw new ScenarioFault(`${effect} is no effect`, `${key}.effect`, "write a number from 0 to 1");
    return effect;
  }
  const dose = quantity(table.dose, "mass", `${key}.dose`);
  checkDose(drug, dose, table, `${key}.dose`);
  const times = table.times_per_day === undefined ? 1 : whole(table.times_per_day, `${key}.times_per_day`, 1, 24);
  return (dose * times) / drug.reference_dose;
}

function infusionOf({ drug, table, key }: Order): number {
  if (drug.given !== "infusion") return 0;
  const usual = drug.usual_infusion ? quantity(drug.usual_infusion, "time", key) : 0;
  const duration = quantityOf(table, "infusion", "time", key, usual);
  if (duration < SHORTEST_INFUSION) throw new ScenarioFault(`${duration} days is too short`, `${key}.infusion`, "an infusion takes at least 0.1 s, give it a longer duration");
  return duration;
}

function checkDose(drug: Drug, dose: number, table: Table, key: string): void {
  const [low, high] = drug.plausible as [number, number];
  if (!(dose >= 0)) throw new ScenarioFault(`${dose} mg is negative`, key, CURE);
  if (table.implausible !== true && !(low <= dose && dose <= high)) {
    throw new ScenarioFault(`${tidy(dose)} mg of ${drug.label} is not plausible (${low} to ${high} mg; usually ${drug.usual})`, key, CURE);
  }
}

function tidy(value: number): number {
  return Number(value.toPrecision(6));
}

/** The mass of each dose as planned, the steps of a taper included. */
function plannedDoses(order: Order): number[] {
  const { drug, table, key } = order;
  const dose = doseOf(order);
  checkDose(drug, dose, table, `${key}.dose`);
  const planned = new Array<number>(table.doses === undefined ? 1 : whole(table.doses, `${key}.doses`, 1, MOST_REPEATS)).fill(dose);
  tablesOf(table.taper, `${key}.taper`).forEach((step, n) => {
    const place = `${key}.taper[${n + 1}]`;
    const mass = quantity(step.dose, "mass", `${place}.dose`);
    checkDose(drug, mass, table, `${place}.dose`);
    planned.push(...new Array<number>(whole(step.doses, `${place}.doses`, 1, MOST_REPEATS)).fill(mass));
  });
  return planned;
}

/** The mass of a dose; where only concentration and volume are given, their product. */
function doseOf({ table, key }: Order): number {
  if (table.dose !== undefined) return quantity(table.dose, "mass", `${key}.dose`);
  return quantity(table.concentration, "concentration", `${key}.concentration`) * quantity(table.volume, "volume", `${key}.volume`);
}

/** The doses that were given, in the order of time: late ones late, skipped ones not. */
function givenDoses(order: Order): GivenDose[] {
  const { table, key } = order;
  const planned = plannedDoses(order);
  const every = quantityOf(table, "every", "time", key, 0);
  if (planned.length > 1 && !(every > 0)) throw new ScenarioFault("is missing", `${key}.every`, `${planned.length} doses need an interval, write for example every = "24 h"`);
  const infusion = order.drug.given === "infusion" ? infusionOf(order) : 0;
  if (planned.length > 1 && infusion > every + 1e-9) throw new ScenarioFault("an infusion is longer than the interval between doses", `${key}.infusion`, "shorten the infusion or raise every");
  const changes = new Map(tablesOf(table.changes, `${key}.changes`).map((change) => [change.dose_number, change]));
  const doses = planned.flatMap((mass, n): GivenDose[] => {
    const change = changes.get(n + 1);
    const start = order.start + n * every;
    if (!change) return [{ number: n + 1, start, planned: mass, given: mass }];
    if (change.skipped === true) return [];
    const late = quantityOf(change, "late", "time", `${key}.changes`, 0);
    return [{ number: n + 1, start: start + late, planned: mass, given: quantityOf(change, "given", "mass", `${key}.changes`, mass) }];
  });
  return doses.sort((a, b) => a.start - b.start);
}

function openingOf({ table, key }: Order): { dose: number; days: number; duration: number } | null {
  if (!table.premedication) return null;
  const before = table.premedication === true ? {} : tableOf(table.premedication, `${key}.premedication`);
  return {
    dose: quantityOf(before, "dose", "mass", `${key}.premedication`, 1000),
    days: before.days === undefined ? 3 : whole(before.days, `${key}.premedication.days`, 1, MOST_REPEATS),
    duration: quantityOf(before, "duration", "time", `${key}.premedication`, 1 / 24),
  };
}

function premedicationOf(order: Order, tables: ModelTables): Infusion[] {
  const before = openingOf(order);
  if (!before || order.drug.given === "continuous") return [];
  const drug = tables.drugs.find((one) => one.name === order.drug.premedication);
  if (!drug) throw new ScenarioFault(`${order.drug.name} has no premedication`, `${order.key}.premedication`, "leave it out");
  checkDose(drug, before.dose, tableOf(order.table.premedication === true ? undefined : order.table.premedication, order.key), `${order.key}.premedication.dose`);
  return givenDoses(order)
    .filter((dose) => dose.number <= before.days)
    .map((dose) => infused(drug, dose.start, dose.start + before.duration, before.dose, `${order.key}.premedication`));
}

/** The rate follows from the rounded times, so that rate times duration is the dose. */
function infused(drug: Drug, start: number, stop: number, amount: number, key: string): Infusion {
  return { kind: "infusion", input: drug.enters, start, stop, rate: amount / (stop - start), amount, key, isContinuous: false };
}

function atLevel(drug: Drug, start: number, stop: number, level: number, key: string): Infusion {
  return { kind: "infusion", input: drug.enters, start, stop, rate: level, amount: level * (stop - start), key, isContinuous: drug.given === "continuous" };
}

/** Drugs at rates that change with time. */
function stepsOf(doc: ScenarioDocument, tables: ModelTables): Infusion[] {
  return tablesOf(doc.input, "input").flatMap((table, n) => {
    const drug = drugOf("dose", table, tables, `input[${n + 1}]`);
    return tablesOf(table.steps, `input[${n + 1}].steps`).flatMap((step, k): Infusion[] => {
      const key = `input[${n + 1}].steps[${k + 1}]`;
      const rate = quantity(step.rate, "rate", `${key}.rate`);
      if (!(rate > 0)) return [];
      const [start, stop] = [quantity(step.start, "time", `${key}.start`), quantity(step.stop, "time", `${key}.stop`)];
      return [atLevel(drug, start, stop, drug.given === "continuous" ? rate / drug.reference_dose : rate, key)];
    });
  });
}

/** What enters pools or inputs without being a dose: onsets, relapses with a severity, and challenges at listed times. */
export function challengesOf(doc: ScenarioDocument, tables: ModelTables, horizon: number): DoseEvent[] {
  const events: DoseEvent[] = [];
  const patient = tableOf(doc.patient, "patient");
  for (const onset of tables.onsets) {
    const since = quantityOf(patient, onset.name, "time", "patient", null);
    if (since !== null) events.push(bolus(onset.pool, -since, onset.amount, `patient.${onset.name}`));
  }
  tablesOf(doc.relapse, "relapse").forEach((relapse, n) => {
    const key = `relapse[${n + 1}]`;
    if (relapse.severity === undefined || relapse.severity === null) return;
    events.push(bolus(tables.relapse_pool, quantity(relapse.time, "time", `${key}.time`), numberOf(relapse.severity, `${key}.severity`), key));
  });
  tablesOf(doc.challenge, "challenge").forEach((record, n) => events.push(...challenge(record, `challenge[${n + 1}]`, horizon)));
  return events;
}

function challenge(record: Table, key: string, horizon: number): DoseEvent[] {
  if (record.rate !== undefined && record.rate !== null) {
    throw new ScenarioFault("challenges at random are drawn by the package alone", `${key}.rate`, "run it with immunosim run FILE, or list the times");
  }
  const at = Array.isArray(record.at) ? record.at : [];
  const size = numberOf(record.size, `${key}.size`);
  return at.map((entry): DoseEvent => {
    const day = quantity(entry, "time", `${key}.at`);
    if (typeof record.pool === "string") return bolus(record.pool, day, size, key);
    const stop = Math.min(day + quantityOf(record, "duration", "time", key, 1), horizon);
    return { kind: "infusion", input: String(record.input), start: day, stop, rate: size, amount: size * (stop - day), key, isContinuous: false };
  });
}

function bolus(pool: string, day: number, amount: number, key: string): Bolus {
  return { kind: "bolus", pool, start: day, stop: day, amount, key };
}
