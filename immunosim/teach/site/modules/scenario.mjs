// src/scenario/fault.ts
var ScenarioFault = class extends Error {
  constructor(reason, key = "", cure = "") {
    super([key, reason, cure].filter(Boolean).join(": "));
    this.reason = reason;
    this.key = key;
    this.cure = cure;
    this.name = "ScenarioFault";
  }
};

// src/scenario/change.ts
var KEY = /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/;
var FORBIDDEN = /* @__PURE__ */ new Set(["__proto__", "constructor", "prototype"]);
function setValue(doc, key, value) {
  return laidOver(doc, { [key]: value });
}
function laidOver(base, changes) {
  const document = structuredClone(base);
  for (const [key, value] of Object.entries(changes)) put(document, key, value);
  return document;
}
function put(document, key, value) {
  const steps = key.split(".");
  if (!KEY.test(key) || key.length > 200 || steps.some((step) => FORBIDDEN.has(step))) throw new ScenarioFault("is not a key", key.slice(0, 60));
  const last = steps.pop();
  let here = document;
  for (const step of steps) here = below(here, step, key);
  if (Array.isArray(here)) here[indexOf(here, last, key)] = value;
  else if (here === null || typeof here !== "object") throw new ScenarioFault("goes deeper than a single value", key, "shorten the key");
  else if (value === null) delete here[last];
  else here[last] = structuredClone(value);
}
function below(here, step, key) {
  if (Array.isArray(here)) return here[indexOf(here, step, key)];
  if (here === null || typeof here !== "object") throw new ScenarioFault("goes deeper than a single value", key, "shorten the key");
  if (!Object.hasOwn(here, step)) here[step] = {};
  return here[step];
}
function indexOf(entries, step, key) {
  const number = /^\d{1,4}$/.test(step) ? Number(step) : 0;
  if (number < 1 || number > entries.length) throw new ScenarioFault(`unknown entry ${step} among ${entries.length} entries`, key, "entries are counted from 1");
  return number - 1;
}
function differences(base, doc) {
  const found = {};
  compare(base, doc, "", found);
  return found;
}
function compare(base, other, path, found) {
  if (isTable(base) && isTable(other)) {
    for (const key of /* @__PURE__ */ new Set([...Object.keys(base), ...Object.keys(other)])) {
      const place = path ? `${path}.${key}` : key;
      if (!Object.hasOwn(other, key)) found[place] = null;
      else if (!Object.hasOwn(base, key)) found[place] = other[key];
      else compare(base[key], other[key], place, found);
    }
  } else if (areTables(base) && areTables(other) && base.length === other.length) {
    base.forEach((entry, n) => compare(entry, other[n], `${path}.${n + 1}`, found));
  } else if (JSON.stringify(base) !== JSON.stringify(other)) found[path] = other;
}
function isTable(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
function areTables(value) {
  return Array.isArray(value) && value.length > 0 && value.every(isTable);
}

// src/scenario/command.ts
var MOST_CHANGES = 12;
var OF_ENTRIES = /^[a-z_]+$/;
function commandFor(doc, base, name = "") {
  const changes = Object.entries(differences(base, doc));
  const isWhole = changes.some(([key, value]) => value === null || Array.isArray(value) && OF_ENTRIES.test(key) || typeof value === "object");
  if (!/^[a-z][a-z0-9_]*$/.test(name) || isWhole || changes.length > MOST_CHANGES) {
    return [
      "# download the scenario as scenario.toml, then",
      "immunosim run scenario.toml",
      "",
      "import immunosim",
      'immunosim.simulate("scenario.toml").plot()'
    ].join("\n");
  }
  const settings = changes.map(([key, value]) => ` \\
  --set ${shell(`${key}=${text(value)}`)}`);
  const entries = changes.map(([key, value]) => `    "${key}": ${python(value)},`);
  const overrides = entries.length > 0 ? `, {
${entries.join("\n")}
}` : "";
  return [`immunosim run ${name}${settings.join("")}`, "", "import immunosim", `immunosim.simulate("${name}"${overrides}).plot()`].join("\n");
}
function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
function shell(argument) {
  return /^[\w.=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
function python(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}

// src/scenario/link.ts
var LONGEST = 2e4;
var MOST_CHANGES2 = 400;
var FORM = /^#?v1\.([A-Za-z0-9_-]*)$/;
var CURE = "take the link from the page, or from immunosim teach --link";
function encodeLink(doc, base, name = "") {
  const text2 = JSON.stringify({ base: name, changes: differences(base, doc) });
  const bytes = new TextEncoder().encode(text2);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `#v1.${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}
function decodeLink(hash, bases) {
  const found = hash.length <= LONGEST ? FORM.exec(hash) : null;
  if (!found) throw new ScenarioFault("is not a link of this version", "link", CURE);
  const { base, changes } = payloadOf(found[1]);
  if (!Object.hasOwn(bases, base)) throw new ScenarioFault(`has an unknown base "${base.slice(0, 60)}"`, "link", "take the link from the page");
  return { base, doc: laidOver(bases[base], changes) };
}
function payloadOf(text2) {
  try {
    const binary = atob(text2.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const { base, changes } = found;
    if (typeof base === "string" && isTable(changes) && Object.keys(changes).length <= MOST_CHANGES2) return { base, changes };
  } catch {
  }
  throw new ScenarioFault("is damaged", "link", CURE);
}

// src/scenario/quantities.ts
var DAYS_PER_MONTH = 30.4375;
var DAYS_PER_YEAR = 365.25;
var UNITS = {
  time: {
    day: 1,
    days: 1,
    d: 1,
    h: 1 / 24,
    hour: 1 / 24,
    hours: 1 / 24,
    min: 1 / 1440,
    minute: 1 / 1440,
    minutes: 1 / 1440,
    s: 1 / 86400,
    week: 7,
    weeks: 7,
    month: DAYS_PER_MONTH,
    months: DAYS_PER_MONTH,
    year: DAYS_PER_YEAR,
    years: DAYS_PER_YEAR
  },
  mass: { mg: 1, g: 1e3, ug: 1e-3, "\xB5g": 1e-3, mcg: 1e-3 },
  volume: { mL: 1, ml: 1, L: 1e3, l: 1e3 },
  concentration: { "mg/mL": 1, "mg/ml": 1 },
  age: { year: 1, years: 1 },
  weight: { kg: 1, g: 1e-3 },
  count: { "cells/uL": 1, "cells/\xB5L": 1, "1e9/L": 1e3, "10^9/L": 1e3 },
  rate: { "mg/day": 1, "mg/h": 24 },
  frequency: { "1/day": 1, "1/year": 1 / DAYS_PER_YEAR }
};
var TEXT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S*)\s*$/;
function quantity(value, dimension, key, isBare = false) {
  const units = UNITS[dimension];
  if (typeof value === "number" && isBare && Number.isFinite(value)) return value;
  const found = typeof value === "string" ? TEXT.exec(value) : null;
  const factor = found ? found[2] === "" && isBare ? 1 : Object.hasOwn(units, found[2]) ? units[found[2]] : NaN : NaN;
  const size = found ? Number(found[1]) * factor : NaN;
  if (!Number.isFinite(size)) {
    throw new ScenarioFault(`${shown(value)} is not a ${dimension}`, key, `write a quantity in ${Object.keys(units)[0]}`);
  }
  return size;
}
function quantityOf(table, name, dimension, path, otherwise) {
  const value = table[name];
  return value === void 0 || value === null ? otherwise : quantity(value, dimension, `${path}.${name}`);
}
function whole(value, key, low, high) {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) {
    throw new ScenarioFault(`${shown(value)} is not a whole number from ${low} to ${high}`, key, "correct the number");
  }
  return value;
}
function numberOf(value, key) {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ScenarioFault(`${shown(value)} is not a number`, key, "write a number");
  return value;
}
function tablesOf(value, key) {
  if (value === void 0 || value === null) return [];
  if (!Array.isArray(value) || value.some((entry) => entry === null || typeof entry !== "object" || Array.isArray(entry))) {
    throw new ScenarioFault("is not a list of tables", key, "start again from a scenario of the page");
  }
  return value;
}
function tableOf(value, key) {
  if (value === void 0 || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new ScenarioFault("is not a table", key, "start again from a scenario of the page");
  return value;
}
function shown(value) {
  const text2 = typeof value === "string" ? `"${value}"` : String(JSON.stringify(value));
  return text2.length > 60 ? `${text2.slice(0, 57)}...` : text2;
}

// src/scenario/regimen.ts
var MOST_ORDERS = 100;
var MOST_DOSES = 2e3;
var SHORTEST_INFUSION = 1e-6;
var MOST_REPEATS = 1e4;
var CURE2 = "correct the number or its unit, or insist with implausible = true in the entry of the drug";
function ordersOf(doc, tables) {
  const names = ["course", ...tables.drugs.map((drug) => drug.name), "dose"];
  const orders = [...new Set(names)].flatMap(
    (name) => tablesOf(doc[name], name).map((table, n) => {
      const key = `${name}[${n + 1}]`;
      return { key, table, drug: drugOf(name, table, tables, key), start: quantity(table.start, "time", `${key}.start`) };
    })
  );
  if (orders.length > MOST_ORDERS) throw new ScenarioFault(`${orders.length} orders of drugs are too many`, "", `give at most ${MOST_ORDERS}`);
  return orders;
}
function drugOf(name, table, tables, key) {
  const wanted = name === "course" || name === "dose" ? table.drug : name;
  const drug = wanted === void 0 ? tables.drugs.find((one) => one.depletes) : tables.drugs.find((one) => one.name === wanted);
  if (!drug) throw new ScenarioFault(`unknown drug ${shown(wanted)}`, `${key}.drug`, `the model has ${tables.drugs.map((one) => one.name).join(", ")}`);
  return drug;
}
function eventsOf(doc, tables, horizon) {
  const events = ordersOf(doc, tables).flatMap((order) => [...eventsOfOrder(order, horizon), ...premedicationOf(order, tables)]);
  events.push(...stepsOf(doc, tables));
  if (events.length > MOST_DOSES) throw new ScenarioFault(`${events.length} doses are too many for the page`, "", "run it with immunosim run FILE");
  return events;
}
function eventsOfOrder(order, horizon) {
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
    return infused(drug, begin, begin + infusion * (dose.given / dose.planned), dose.given, key);
  });
}
function levelOf({ drug, table, key }) {
  if (drug.takes_effect) {
    const effect = numberOf(table.effect, `${key}.effect`);
    if (!(effect >= 0 && effect <= 1)) throw new ScenarioFault(`${effect} is no effect`, `${key}.effect`, "write a number from 0 to 1");
    return effect;
  }
  const dose = quantity(table.dose, "mass", `${key}.dose`);
  checkDose(drug, dose, table, `${key}.dose`);
  const times = table.times_per_day === void 0 ? 1 : whole(table.times_per_day, `${key}.times_per_day`, 1, 24);
  return dose * times / drug.reference_dose;
}
function infusionOf({ drug, table, key }) {
  if (drug.given !== "infusion") return 0;
  const usual = drug.usual_infusion ? quantity(drug.usual_infusion, "time", key) : 0;
  const duration = quantityOf(table, "infusion", "time", key, usual);
  if (duration < SHORTEST_INFUSION) throw new ScenarioFault(`${duration} days is too short`, `${key}.infusion`, "an infusion takes at least 0.1 s, give it a longer duration");
  return duration;
}
function checkDose(drug, dose, table, key) {
  const [low, high] = drug.plausible;
  if (!(dose >= 0)) throw new ScenarioFault(`${dose} mg is negative`, key, CURE2);
  if (table.implausible !== true && !(low <= dose && dose <= high)) {
    throw new ScenarioFault(`${tidy(dose)} mg of ${drug.label} is not plausible (${low} to ${high} mg; usually ${drug.usual})`, key, CURE2);
  }
}
function tidy(value) {
  return Number(value.toPrecision(6));
}
function plannedDoses(order) {
  const { drug, table, key } = order;
  const dose = doseOf(order);
  checkDose(drug, dose, table, `${key}.dose`);
  const planned = new Array(table.doses === void 0 ? 1 : whole(table.doses, `${key}.doses`, 1, MOST_REPEATS)).fill(dose);
  tablesOf(table.taper, `${key}.taper`).forEach((step, n) => {
    const place = `${key}.taper[${n + 1}]`;
    const mass = quantity(step.dose, "mass", `${place}.dose`);
    checkDose(drug, mass, table, `${place}.dose`);
    planned.push(...new Array(whole(step.doses, `${place}.doses`, 1, MOST_REPEATS)).fill(mass));
  });
  return planned;
}
function doseOf({ table, key }) {
  if (table.dose !== void 0) return quantity(table.dose, "mass", `${key}.dose`);
  return quantity(table.concentration, "concentration", `${key}.concentration`) * quantity(table.volume, "volume", `${key}.volume`);
}
function givenDoses(order) {
  const { table, key } = order;
  const planned = plannedDoses(order);
  const every = quantityOf(table, "every", "time", key, 0);
  if (planned.length > 1 && !(every > 0)) throw new ScenarioFault("is missing", `${key}.every`, `${planned.length} doses need an interval, write for example every = "24 h"`);
  const infusion = order.drug.given === "infusion" ? infusionOf(order) : 0;
  if (planned.length > 1 && infusion > every + 1e-9) throw new ScenarioFault("an infusion is longer than the interval between doses", `${key}.infusion`, "shorten the infusion or raise every");
  const changes = new Map(tablesOf(table.changes, `${key}.changes`).map((change) => [change.dose_number, change]));
  const doses = planned.flatMap((mass, n) => {
    const change = changes.get(n + 1);
    const start = order.start + n * every;
    if (!change) return [{ number: n + 1, start, planned: mass, given: mass }];
    if (change.skipped === true) return [];
    const late = quantityOf(change, "late", "time", `${key}.changes`, 0);
    return [{ number: n + 1, start: start + late, planned: mass, given: quantityOf(change, "given", "mass", `${key}.changes`, mass) }];
  });
  return doses.sort((a, b) => a.start - b.start);
}
function openingOf({ table, key }) {
  if (!table.premedication) return null;
  const before = table.premedication === true ? {} : tableOf(table.premedication, `${key}.premedication`);
  return {
    dose: quantityOf(before, "dose", "mass", `${key}.premedication`, 1e3),
    days: before.days === void 0 ? 3 : whole(before.days, `${key}.premedication.days`, 1, MOST_REPEATS),
    duration: quantityOf(before, "duration", "time", `${key}.premedication`, 1 / 24)
  };
}
function premedicationOf(order, tables) {
  const before = openingOf(order);
  if (!before || order.drug.given === "continuous") return [];
  const drug = tables.drugs.find((one) => one.name === order.drug.premedication);
  if (!drug) throw new ScenarioFault(`${order.drug.name} has no premedication`, `${order.key}.premedication`, "leave it out");
  checkDose(drug, before.dose, tableOf(order.table.premedication === true ? void 0 : order.table.premedication, order.key), `${order.key}.premedication.dose`);
  return givenDoses(order).filter((dose) => dose.number <= before.days).map((dose) => infused(drug, dose.start, dose.start + before.duration, before.dose, `${order.key}.premedication`));
}
function infused(drug, start, stop, amount, key) {
  return { kind: "infusion", input: drug.enters, start, stop, rate: amount / (stop - start), amount, key, isContinuous: false };
}
function atLevel(drug, start, stop, level, key) {
  return { kind: "infusion", input: drug.enters, start, stop, rate: level, amount: level * (stop - start), key, isContinuous: drug.given === "continuous" };
}
function stepsOf(doc, tables) {
  return tablesOf(doc.input, "input").flatMap((table, n) => {
    const drug = drugOf("dose", table, tables, `input[${n + 1}]`);
    return tablesOf(table.steps, `input[${n + 1}].steps`).flatMap((step, k) => {
      const key = `input[${n + 1}].steps[${k + 1}]`;
      const rate = quantity(step.rate, "rate", `${key}.rate`);
      if (!(rate > 0)) return [];
      const [start, stop] = [quantity(step.start, "time", `${key}.start`), quantity(step.stop, "time", `${key}.stop`)];
      return [atLevel(drug, start, stop, drug.given === "continuous" ? rate / drug.reference_dose : rate, key)];
    });
  });
}
function challengesOf(doc, tables, horizon) {
  const events = [];
  const patient = tableOf(doc.patient, "patient");
  for (const onset of tables.onsets) {
    const since = quantityOf(patient, onset.name, "time", "patient", null);
    if (since !== null) events.push(bolus(onset.pool, -since, onset.amount, `patient.${onset.name}`));
  }
  tablesOf(doc.relapse, "relapse").forEach((relapse, n) => {
    const key = `relapse[${n + 1}]`;
    if (relapse.severity === void 0 || relapse.severity === null) return;
    events.push(bolus(tables.relapse_pool, quantity(relapse.time, "time", `${key}.time`), numberOf(relapse.severity, `${key}.severity`), key));
  });
  tablesOf(doc.challenge, "challenge").forEach((record, n) => events.push(...challenge(record, `challenge[${n + 1}]`, horizon)));
  return events;
}
function challenge(record, key, horizon) {
  if (record.rate !== void 0 && record.rate !== null) {
    throw new ScenarioFault("challenges at random are drawn by the package alone", `${key}.rate`, "run it with immunosim run FILE, or list the times");
  }
  const at = Array.isArray(record.at) ? record.at : [];
  const size = numberOf(record.size, `${key}.size`);
  return at.map((entry) => {
    const day = quantity(entry, "time", `${key}.at`);
    if (typeof record.pool === "string") return bolus(record.pool, day, size, key);
    const stop = Math.min(day + quantityOf(record, "duration", "time", key, 1), horizon);
    return { kind: "infusion", input: String(record.input), start: day, stop, rate: size, amount: size * (stop - day), key, isContinuous: false };
  });
}
function bolus(pool, day, amount, key) {
  return { kind: "bolus", pool, start: day, stop: day, amount, key };
}

// src/scenario/patient.ts
var DIMENSIONS = { year: "age", kg: "weight", day: "time" };
function individualVector(doc, tables, kernels) {
  const given = givenValues(doc, tables);
  const off = switchedOff(doc, tables);
  const vector = closed(given, off, tables, kernels);
  const scales = countScales(doc, tables, kernels, vector);
  if (scales.size === 0) return vector;
  return closed(new Map([...given, ...scales]), off, tables, kernels);
}
function switchedOff(doc, tables) {
  const { off } = tableOf(doc.mechanisms, "mechanisms");
  const names = Array.isArray(off) ? off : [];
  const known = new Set(tables.switches.map((mechanism) => mechanism.name));
  for (const name of names) {
    if (typeof name !== "string" || !known.has(name)) throw new ScenarioFault(`unknown mechanism ${shown(name)}`, "mechanisms.off", "choose one of the list");
  }
  return new Set(names);
}
function givenValues(doc, tables) {
  const values = /* @__PURE__ */ new Map();
  for (const parameter of tables.parameters) {
    if (!parameter.belongs_to_patient) continue;
    const value = valueAt(doc, parameter.key);
    if (value !== void 0 && value !== null) values.set(parameter.name, ofPatient(parameter, value));
  }
  const table = tableOf(doc.parameters, "parameters");
  for (const [name, millilitres] of volumesOf(doc, tables)) {
    const parameter = tables.parameters.find((one) => one.name === name);
    if (parameter && !Object.hasOwn(table, name)) values.set(name, millilitres * (parameter.unit === "L" ? 1e-3 : 1));
  }
  const known = new Map(tables.parameters.map((parameter) => [parameter.name, parameter]));
  for (const [name, value] of Object.entries(table)) {
    const parameter = known.get(name);
    if (!parameter) throw new ScenarioFault("is not a parameter", `parameters.${name}`, "choose one of the list");
    if (parameter.belongs_to_patient) throw new ScenarioFault("belongs to the patient", `parameters.${name}`, `set ${keyOf(parameter)} instead`);
    values.set(name, bare(parameter, value));
  }
  for (const [name, value] of values) checkBounds(known.get(name), value);
  return values;
}
function valueAt(doc, key) {
  let here = doc;
  for (const step of key.split(".")) {
    if (here === null || typeof here !== "object" || Array.isArray(here)) return void 0;
    here = Object.hasOwn(here, step) ? here[step] : void 0;
  }
  return here;
}
function ofPatient(parameter, value) {
  if (typeof value === "boolean") return value ? 1 : 0;
  const dimension = DIMENSIONS[parameter.unit];
  return dimension && typeof value === "string" ? quantity(value, dimension, parameter.key) : bare(parameter, value);
}
function bare(parameter, value) {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const found = typeof value === "string" ? /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$/.exec(value) : null;
  if (found && (found[2] === "" || found[2] === parameter.unit)) return Number(found[1]);
  throw new ScenarioFault(`${shown(value)} is not a value in ${parameter.unit}`, keyOf(parameter), `write a number, its unit is ${parameter.unit}`);
}
function keyOf(parameter) {
  return parameter.key || `parameters.${parameter.name}`;
}
function checkBounds(parameter, value) {
  const { low, high, unit } = parameter;
  const key = keyOf(parameter);
  if (low <= value && value <= high) return;
  const [side, bound] = value < low ? ["below its lower", low] : ["above its upper", high];
  const of = unit === "1" ? "" : ` ${unit}`;
  throw new ScenarioFault(`${value}${of} is ${side} bound of ${bound}${of}`, key, `choose from ${low} to ${high}${of}`);
}
function volumesOf(doc, tables) {
  const largest = /* @__PURE__ */ new Map();
  for (const { drug, table, key } of ordersOf(doc, tables)) {
    if (!drug.volume_sets) continue;
    let volume = null;
    if (table.volume !== void 0 && table.volume !== null) volume = quantity(table.volume, "volume", `${key}.volume`);
    else if (table.concentration !== void 0 && table.concentration !== null) {
      volume = quantity(table.dose, "mass", `${key}.dose`) / quantity(table.concentration, "concentration", `${key}.concentration`);
    }
    if (volume !== null && volume > (largest.get(drug.volume_sets) ?? 0)) largest.set(drug.volume_sets, volume);
  }
  return largest;
}
function countScales(doc, tables, kernels, vector) {
  const scales = /* @__PURE__ */ new Map();
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
    const unit = tables.readouts[index].unit;
    const factor = quantity(value, "count", key) / (unit === "1e9/L" ? 1e3 : 1) / readouts[index];
    for (const parameter of own) {
      if (Object.hasOwn(tableOf(doc.parameters, "parameters"), parameter.name)) throw new ScenarioFault("is given twice", key, `give either ${key} or parameters.${parameter.name}`);
      const scaled = vector[position.get(parameter.name)] * factor;
      if (!(parameter.low <= scaled && scaled <= parameter.high)) throw new ScenarioFault(`is ${factor.toPrecision(3)} times the typical count, beyond what the model is meant for`, key, "check value and unit");
      scales.set(parameter.name, scaled);
    }
  }
  return scales;
}
function closed(values, off, tables, kernels) {
  const vector = new Float64Array(tables.n_vector);
  let place = 0;
  for (const parameter of tables.parameters) vector[place++] = values.get(parameter.name) ?? parameter.value;
  for (const mechanism of tables.switches) vector[place++] = off.has(mechanism.name) ? 0 : 1;
  kernels.close(vector);
  const names = [...tables.parameters.map((one) => one.name), ...tables.switches.map((one) => `on_${one.name}`), ...tables.derived];
  const position = new Map(names.map((name, i) => [name, i]));
  for (const [name, least, cure] of tables.admissible) {
    const value = vector[position.get(name)];
    if (!(value >= least)) throw new ScenarioFault(`follows from the parameters as ${Number(value.toPrecision(4))}, but must be at least ${least}`, `parameters.${name}`, cure);
  }
  const broken = vector.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0) throw new ScenarioFault("does not follow from the parameters as a finite number", names[broken] ?? "a product of parameters");
  return vector;
}

// src/scenario/segments.ts
var WATCHED = 2;
var SAME_TIME = 1e-9;
function buildSegments(events, tables, start, end) {
  const rows = new Map(tables.inputs.map((input, i) => [input.name, i]));
  const pools = new Map(tables.pools.map((pool, i) => [pool.name, i]));
  for (const event of events) refuseUnusable(event, rows, pools, start, end);
  const boundaries = Float64Array.from(merged(events, start, end));
  const n = boundaries.length - 1;
  const inputs = Array.from({ length: n }, () => new Float64Array(tables.inputs.length));
  const jumps = Array.from({ length: n }, () => new Float64Array(tables.pools.length));
  for (const event of events) {
    const first = nearestBoundary(boundaries, event.start);
    if (event.kind === "bolus") {
      jumps[first][pools.get(event.pool)] += event.amount;
      continue;
    }
    const last = nearestBoundary(boundaries, event.stop);
    const isUnmoved = boundaries[first] === event.start && boundaries[last] === event.stop;
    const rate = isUnmoved ? event.rate : event.amount / (boundaries[last] - boundaries[first]);
    const row = rows.get(event.input);
    for (let k = first; k < last; k++) inputs[k][row] += rate;
  }
  return { boundaries, inputs, jumps };
}
function refuseUnusable(event, inputs, pools, start, end) {
  const isKnown = event.kind === "infusion" ? inputs.has(event.input) : pools.has(event.pool);
  if (!isKnown) throw new ScenarioFault(`the model has no input or pool "${event.kind === "infusion" ? event.input : event.pool}"`, event.key);
  if (!(event.start >= start - SAME_TIME && event.stop <= end + SAME_TIME)) {
    throw new ScenarioFault(`lies outside the simulated days ${short(start)} to ${short(end)}`, event.key, "simulate a longer time or leave it out");
  }
  if (event.kind === "bolus" && event.start > end - SAME_TIME) {
    throw new ScenarioFault(`is given at the end of the simulation, day ${short(end)}`, event.key, "simulate a longer time");
  }
  if (event.kind === "infusion" && !(event.stop - event.start > 2 * SAME_TIME)) {
    throw new ScenarioFault("is an infusion without a duration", event.key, "give it a duration or make it a bolus");
  }
}
function short(value) {
  return String(Number(value.toPrecision(6)));
}
function merged(events, start, end) {
  const times = sortedUnique(events.flatMap((event) => [event.start, event.stop]));
  const found = [start];
  for (const time of times) if (time - found.at(-1) > SAME_TIME && end - time > SAME_TIME) found.push(time);
  return [...found, end];
}
function sortedUnique(values) {
  return [...new Set(values)].sort((a, b) => a - b);
}
function nearestBoundary(boundaries, time) {
  let low = 0;
  let high = boundaries.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (boundaries[middle] < time) low = middle + 1;
    else high = middle;
  }
  const after = Math.min(Math.max(low, 1), boundaries.length - 1);
  return boundaries[after] - time < time - boundaries[after - 1] ? after : after - 1;
}
function startOf(doc, tables, doses, horizon) {
  const output = tableOf(doc.output, "output");
  const rules = tablesOf(output.rule, "output.rule").map((rule) => quantity(rule.start, "time", "output.rule.start"));
  const orders = ordersOf(doc, tables).map((order) => order.start);
  const others = challengesOf(doc, tables, horizon).map((event) => event.start);
  return Math.min(0, ...doses.map((event) => event.start), ...orders, ...observedTimes(doc), ...extraTimes(doc), ...rules, ...others);
}
function observedTimes(doc) {
  return tablesOf(doc.observed, "observed").flatMap(
    (series) => tablesOf(series.points, "observed.points").map((point) => quantity(point.time, "time", "observed.points.time"))
  );
}
function extraTimes(doc) {
  const { extra } = tableOf(doc.output, "output");
  return Array.isArray(extra) ? extra.map((time) => quantity(time, "time", "output.extra")) : [];
}
function outputTimes(doc, doses, start, end) {
  const output = tableOf(doc.output, "output");
  const ruled = tablesOf(output.rule, "output.rule").flatMap((rule) => {
    const [first, last] = [quantity(rule.start, "time", "output.rule.start"), quantity(rule.stop, "time", "output.rule.stop")];
    return multiples(0, last - first + SAME_TIME, quantity(rule.every, "time", "output.rule.every")).map((time) => first + time);
  });
  const regular = output.visits_only === true ? [] : [...multiples(start, end, quantityOf(output, "every", "time", "output", 1)), ...aroundDoses(doc, doses)];
  const all = [start, end, ...extraTimes(doc), ...observedTimes(doc), ...ruled, ...regular];
  const times = all.filter((time) => time >= start && time <= end).sort((a, b) => a - b);
  const kept = times.filter((time, i) => i === 0 || time - times[i - 1] > SAME_TIME);
  if (kept.at(-1) !== times.at(-1)) kept[kept.length - 1] = end;
  return Float64Array.from(kept);
}
function aroundDoses(doc, doses) {
  const step = quantityOf(tableOf(doc.output, "output"), "during_treatment", "time", "output", 1 / 24);
  const single = doses.filter((event) => event.kind === "bolus" || !event.isContinuous);
  return single.flatMap((event) => [...multiples(event.start, event.stop + WATCHED, step), event.start, event.stop]);
}
function multiples(start, end, step) {
  const first = Math.ceil(start / step);
  const n = Math.floor(end / step) + 1 - first;
  return Array.from({ length: Math.max(n, 0) }, (_unused, k) => (first + k) * step + 0);
}

// src/scenario/prepare.ts
var NEGLIGIBLE = 1e-5;
var NEGATIVE = 1e-6;
var DAYS_PER_MONTH2 = 30.4375;
var LARGEST_TOLERANCE = 0.01;
var SMALLEST_TOLERANCE = 1e-12;
var LONGEST2 = 30 * 365.25;
function prepare(doc, bundle) {
  const { tables, kernels } = bundle;
  checkModel(doc, tables);
  const horizon = doc.horizon === void 0 ? 36 * DAYS_PER_MONTH2 : quantity(doc.horizon, "time", "horizon");
  const doses = eventsOf(doc, tables, horizon);
  const start = startOf(doc, tables, doses, horizon);
  if (!(horizon > start)) throw new ScenarioFault("ends before it starts", "horizon", "simulate a longer time");
  if (horizon - start > LONGEST2) throw new ScenarioFault("is too long for the page", "horizon", "simulate at most 30 years here; the command line has no such limit");
  const vector = individualVector(doc, tables, kernels);
  const initial = new Float64Array(tables.pools.length);
  kernels.baseline(vector, initial);
  const rtol = toleranceOf(doc);
  const ordered = [...doses].sort((a, b) => a.start - b.start);
  const segments = buildSegments([...ordered, ...challengesOf(doc, tables, horizon)], tables, start, horizon);
  const off = switchedOff(doc, tables);
  for (const jump of segments.jumps) tables.pools.forEach((pool, i) => off.has(pool.mechanism) && (jump[i] = 0));
  return {
    doc,
    vector,
    initial,
    ...segments,
    times: outputTimes(doc, doses, start, horizon),
    rtol,
    atol: Float64Array.from(tables.pools, (pool, i) => NEGLIGIBLE * rtol * (initial[i] > 0 ? Math.min(pool.scale, initial[i]) : pool.scale)),
    negative: Float64Array.from(tables.pools, (pool) => NEGATIVE * pool.scale),
    maxSteps: maxStepsOf(doc)
  };
}
function checkModel(doc, tables) {
  if (doc.model !== void 0 && doc.model !== tables.name) throw new ScenarioFault(`is of the model ${shown(doc.model)}`, "model", `this page runs ${tables.name}`);
  if (doc.parameter_set !== void 0 && doc.parameter_set !== tables.parameter_set) {
    throw new ScenarioFault(`unknown parameter set ${shown(doc.parameter_set)}`, "parameter_set", `this page has "${tables.parameter_set}"`);
  }
}
function toleranceOf(doc) {
  const { rtol, method } = tableOf(doc.solver, "solver");
  if (method !== void 0 && method !== "rodas5p") throw new ScenarioFault(`this page has no method ${shown(method)}`, "solver.method", 'set it to "rodas5p"');
  if (rtol === void 0) return 1e-5;
  if (typeof rtol !== "number" || !(rtol >= SMALLEST_TOLERANCE && rtol <= LARGEST_TOLERANCE)) {
    throw new ScenarioFault(`${shown(rtol)} is not a relative tolerance`, "solver.rtol", `choose from ${SMALLEST_TOLERANCE} to ${LARGEST_TOLERANCE}`);
  }
  return rtol;
}
function maxStepsOf(doc) {
  const { max_steps } = tableOf(doc.solver, "solver");
  return Math.min(typeof max_steps === "number" ? max_steps : 1e6, 1e5);
}

// node_modules/smol-toml/dist/error.js
function getLineColFromPtr(string, ptr) {
  let lines = string.slice(0, ptr).split(/\r?\n/);
  return [lines.length, lines.pop().length + 1];
}
function makeCodeBlock(string, line, column) {
  let lines = string.split(/\r?\n/);
  let codeblock = "";
  let numberLen = (Math.log10(line + 1) | 0) + 1;
  for (let i = line - 1; i <= line + 1; i++) {
    let l = lines[i - 1];
    if (!l)
      continue;
    codeblock += i.toString().padEnd(numberLen, " ");
    codeblock += ":  ";
    codeblock += l;
    codeblock += "\n";
    if (i === line) {
      codeblock += " ".repeat(numberLen + column + 2);
      codeblock += "^\n";
    }
  }
  return codeblock;
}
var TomlError = class _TomlError extends Error {
  line;
  column;
  codeblock;
  constructor(message, options) {
    const [line, column] = getLineColFromPtr(options.toml, options.ptr);
    const codeblock = makeCodeBlock(options.toml, line, column);
    super(`Invalid TOML document: ${message}

${codeblock}`, options);
    this.line = line;
    this.column = column;
    this.codeblock = codeblock;
  }
  /** @internal */
  static x(message, ctx, ptr) {
    throw new _TomlError(message, { toml: ctx.s, ptr: ptr ?? ctx.p });
  }
};

// node_modules/smol-toml/dist/primitive.js
function parseString(ctx) {
  let startPtr = ctx.p;
  let c = ctx.s.charCodeAt(ctx.p++);
  let first = c;
  let isLiteral = c === 39;
  let isMultiline = c === ctx.s.charCodeAt(ctx.p) && c === ctx.s.charCodeAt(ctx.p + 1);
  if (isMultiline) {
    if ((c = ctx.s.charCodeAt(ctx.p += 2)) === 10)
      ctx.p++;
    else if (c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)
      ctx.p += 2;
  }
  let parsed = "";
  let sliceStart = ctx.p;
  let state = 0;
  for (; ctx.p < ctx.s.length; ctx.p++) {
    c = ctx.s.charCodeAt(ctx.p);
    if (isMultiline && (c === 10 || c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)) {
      state = state && 3;
    } else if (c < 32 && c !== 9 || c === 127) {
      TomlError.x("control characters are not allowed in strings", ctx);
    } else if ((!state || state === 3) && c === first && (!isMultiline || ctx.s.charCodeAt(ctx.p + 1) === first && ctx.s.charCodeAt(ctx.p + 2) === first)) {
      if (isMultiline) {
        if (ctx.s.charCodeAt(ctx.p + 3) === first)
          ctx.p++;
        if (ctx.s.charCodeAt(ctx.p + 3) === first)
          ctx.p++;
      }
      if (!state) {
        let s = ctx.s.slice(sliceStart, ctx.p);
        parsed = parsed ? parsed + s : s;
      }
      ctx.p += isMultiline ? 3 : 1;
      return parsed;
    } else if (!state) {
      if (!isLiteral && c === 92) {
        parsed += ctx.s.slice(sliceStart, sliceStart = ctx.p);
        state = 1;
      }
    } else if (state === 1) {
      if (c === 120 || c === 117 || c === 85) {
        let errPtr = ctx.p++ - 1;
        let value = 0;
        let len = c === 120 ? 2 : c === 117 ? 4 : 8;
        for (let j = 0; j < len; j++, ctx.p++) {
          let hex = ctx.s.charCodeAt(ctx.p);
          let digit = (
            /* 0-9 */
            hex >= 48 && hex <= 57 ? hex - 48 : (
              /* A-F */
              hex >= 65 && hex <= 70 ? hex - 65 + 10 : (
                /* a-f */
                hex >= 97 && hex <= 102 ? hex - 97 + 10 : -1
              )
            )
          );
          if (digit < 0)
            TomlError.x("invalid non-hex character in unicode escape", ctx);
          value = value << 4 | digit;
        }
        if (value < 0 || value > 1114111 || value >= 55296 && value <= 57343) {
          TomlError.x("invalid unicode escape", ctx, errPtr);
        }
        parsed += String.fromCodePoint(value);
        sliceStart = ctx.p--;
        state = 0;
      } else if (isMultiline && (c === 32 || c === 9)) {
        state = 2;
      } else {
        if (c === 98)
          parsed += "\b";
        else if (c === 116)
          parsed += "	";
        else if (c === 110)
          parsed += "\n";
        else if (c === 102)
          parsed += "\f";
        else if (c === 114)
          parsed += "\r";
        else if (c === 101)
          parsed += "\x1B";
        else if (c === 34)
          parsed += '"';
        else if (c === 92)
          parsed += "\\";
        else
          TomlError.x("unrecognised escape sequence", ctx);
        sliceStart = ctx.p + 1;
        state = 0;
      }
    } else if (c !== 32 && c !== 9) {
      if (state === 2)
        TomlError.x("invalid escape: only line-ending whitespace may be escaped", ctx, sliceStart);
      state = !isLiteral && c === 92 ? 1 : 0;
      sliceStart = ctx.p;
    }
  }
  TomlError.x("unfinished string", ctx, startPtr);
}

// node_modules/smol-toml/dist/date.js
var DATE_TIME_RE = /^(\d{4}-\d{2}-\d{2})?[Tt ]?(?:(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|z|[-+]\d{2}:\d{2})?$/i;
var TomlDate = class _TomlDate extends Date {
  #hasDate = false;
  #hasTime = false;
  #offset = null;
  constructor(date, fasttype, unsafeDelim) {
    let hasDate = true;
    let hasTime = true;
    let offset = "Z";
    let c;
    if (typeof date === "string") {
      if (fasttype)
        prep: {
          if (fasttype < 3) {
            if (+date.slice(11, 13) > 23) {
              date = "";
              break prep;
            }
            if (fasttype === 2) {
              offset = null;
              date += "Z";
            } else if ((c = date.charCodeAt(date.length - 1)) !== 90 && c !== 122) {
              offset = date.slice(date.length - 6);
            }
            if (unsafeDelim)
              date = date.slice(0, 10) + "T" + date.slice(11);
          } else if (fasttype === 4) {
            date = +date.slice(0, 2) > 23 ? "" : `0000-01-01T${date}Z`;
          }
          hasDate = fasttype !== 4;
          hasTime = fasttype !== 3;
        }
      else {
        let match = date.match(DATE_TIME_RE);
        if (match) {
          if (!match[1]) {
            hasDate = false;
            date = `0000-01-01T${date}`;
          }
          hasTime = !!match[2];
          hasTime && date[10] === " " && (date = date.replace(" ", "T"));
          if (match[2] && +match[2] > 23) {
            date = "";
          } else {
            offset = match[3] || null;
            if (!offset && hasTime)
              date += "Z";
          }
        } else {
          date = "";
        }
      }
    }
    super(date);
    if (!isNaN(this.getTime())) {
      this.#hasDate = hasDate;
      this.#hasTime = hasTime;
      this.#offset = offset;
    }
  }
  isDateTime() {
    return this.#hasDate && this.#hasTime;
  }
  isLocal() {
    return !this.#hasDate || !this.#hasTime || !this.#offset;
  }
  isDate() {
    return this.#hasDate && !this.#hasTime;
  }
  isTime() {
    return this.#hasTime && !this.#hasDate;
  }
  isValid() {
    return this.#hasDate || this.#hasTime;
  }
  toISOString() {
    let iso = super.toISOString();
    if (this.isDate())
      return iso.slice(0, 10);
    if (this.isTime())
      return iso.slice(11, 23);
    if (this.#offset === null)
      return iso.slice(0, -1);
    if (this.#offset === "Z" || this.#offset === "z")
      return iso;
    let offset = +this.#offset.slice(1, 3) * 60 + +this.#offset.slice(4, 6);
    offset = this.#offset[0] === "-" ? offset : -offset;
    let offsetDate = new Date(this.getTime() - offset * 6e4);
    return offsetDate.toISOString().slice(0, -1) + this.#offset;
  }
  static wrapAsOffsetDateTime(jsDate, offset = "Z") {
    let date = new _TomlDate(jsDate);
    date.#offset = offset;
    return date;
  }
  static wrapAsLocalDateTime(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#offset = null;
    return date;
  }
  static wrapAsLocalDate(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#hasTime = false;
    date.#offset = null;
    return date;
  }
  static wrapAsLocalTime(jsDate) {
    let date = new _TomlDate(jsDate);
    date.#hasDate = false;
    date.#offset = null;
    return date;
  }
};

// node_modules/smol-toml/dist/extract.js
function isDigit(char, base = 10) {
  return base === 16 ? char > 47 && char < 58 || char > 64 && char < 71 || char > 96 && char < 103 : char > 47 && char < 48 + base;
}
function isEndOfValue(char, delim) {
  return char === 32 || char === 9 || char === 10 || char === 13 || // Structure end or next value delimiter
  delim && (char === delim || char === 44) || // Comment
  char === 35;
}
function extractValue(ctx, end) {
  let errPtr = ctx.p;
  let c = ctx.s.charCodeAt(ctx.p);
  if (c === 91 || c === 123) {
    ctx.d-- || TomlError.x("document contains excessively nested structures. aborting.", ctx);
    let value = c === 91 ? parseArray(ctx) : parseInlineTable(ctx);
    ctx.d++;
    return value;
  }
  if (c === 34 || c === 39) {
    return parseString(ctx);
  }
  if (c === 116) {
    if (ctx.s.charCodeAt(++ctx.p) !== 114 || ctx.s.charCodeAt(++ctx.p) !== 117 || ctx.s.charCodeAt(++ctx.p) !== 101)
      TomlError.x("invalid value", ctx, errPtr);
    return ctx.p++, true;
  }
  if (c === 102) {
    if (ctx.s.charCodeAt(++ctx.p) !== 97 || ctx.s.charCodeAt(++ctx.p) !== 108 || ctx.s.charCodeAt(++ctx.p) !== 115 || ctx.s.charCodeAt(++ctx.p) !== 101)
      TomlError.x("invalid value", ctx, errPtr);
    return ctx.p++, false;
  }
  if (c === 43 || c === 45) {
    return parseNumber(ctx, ctx.p, ctx.s.charCodeAt(++ctx.p), 44 - c, end);
  }
  if (ctx.s.charCodeAt(ctx.p + 4) === 45 && ctx.s.charCodeAt(ctx.p + 7) === 45) {
    return parseDate(ctx, c, end);
  }
  if (ctx.s.charCodeAt(ctx.p + 2) === 58) {
    return parseTime(ctx, c, end);
  }
  return parseNumber(ctx, ctx.p, c, 0, end);
}
function parseNumber(ctx, startPtr, startChr, sign, endChr) {
  let c = startChr;
  let state = 0;
  let hasUnderscores = false;
  if (c === 105) {
    if (ctx.s.charCodeAt(++ctx.p) !== 110 || ctx.s.charCodeAt(++ctx.p) !== 102)
      TomlError.x("invalid value", ctx, startPtr);
    return ctx.p++, (sign || 1) / 0;
  }
  if (c === 110) {
    if (ctx.s.charCodeAt(++ctx.p) !== 97 || ctx.s.charCodeAt(++ctx.p) !== 110)
      TomlError.x("invalid value", ctx, startPtr);
    return ctx.p++, NaN;
  }
  if (c === 48) {
    if (++ctx.p >= ctx.s.length || isEndOfValue(c = ctx.s.charCodeAt(ctx.p), endChr))
      return ctx.bi === true ? 0n : 0;
    if (!sign) {
      if (c === 120)
        return parseIntegerBaseN(ctx, startPtr, 16, endChr);
      else if (c === 98)
        return parseIntegerBaseN(ctx, startPtr, 2, endChr);
      else if (c === 111)
        return parseIntegerBaseN(ctx, startPtr, 8, endChr);
    }
    if (c === 46)
      state = 2;
    else if (c === 101 || c === 69)
      state = 4;
    else
      TomlError.x("illegal leading zero", ctx, startPtr);
  } else if (!isDigit(c))
    TomlError.x("invalid value", ctx, startPtr);
  while (++ctx.p < ctx.s.length && (c = ctx.s.charCodeAt(ctx.p), !isEndOfValue(c, endChr))) {
    if (!state)
      state = 1;
    if (c === 95) {
      if (!(state & 1))
        TomlError.x("illegal underscore", ctx);
      state += 11;
      hasUnderscores = true;
    } else if (state === 1 && c === 46)
      state = 2;
    else if ((state === 1 || state === 3) && (c === 101 || c === 69))
      state = 4;
    else if (state === 4 && (c === 43 || c === 45)) {
      state = 6;
    } else if (!isDigit(c))
      TomlError.x(`illegal character in numeric literal`, ctx);
    else if (state > 9)
      state -= 11;
    else if (!(state & 1))
      state++;
  }
  if (!state) {
    let val = (startChr - 48) * (sign || 1);
    return ctx.bi === true ? BigInt(val) : val;
  }
  if (!(state & 1))
    TomlError.x("unfinished numeric value", ctx, startPtr);
  let str = ctx.s.slice(startPtr, ctx.p);
  if (hasUnderscores)
    str = str.replaceAll("_", "");
  return state > 1 ? parseFloat(str) : parseInteger(ctx, str, 10, startPtr);
}
function parseIntegerBaseN(ctx, startPtr, base, endChr) {
  let c, underscore = 1;
  while (++ctx.p < ctx.s.length && (c = ctx.s.charCodeAt(ctx.p), !isEndOfValue(c, endChr))) {
    if (c === 95) {
      if (underscore & 1)
        TomlError.x("illegal underscore", ctx);
      underscore = 3;
    } else if (!isDigit(c, base))
      TomlError.x(`illegal character in numeric literal`, ctx);
    else if (underscore & 1)
      underscore--;
  }
  if (underscore & 1)
    TomlError.x("unfinished numeric value", ctx);
  let str = ctx.s.slice(startPtr + 2, ctx.p);
  if (underscore)
    str = str.replaceAll("_", "");
  return parseInteger(ctx, str, base, startPtr);
}
function parseInteger(ctx, str, base, startPtr) {
  if (ctx.bi !== true)
    int: {
      let val = parseInt(str, base);
      if (!Number.isSafeInteger(val)) {
        if (ctx.bi)
          break int;
        TomlError.x("integer value cannot be represented losslessly", ctx, startPtr);
      }
      return val;
    }
  return base === 10 ? BigInt(str) : BigInt((base === 2 ? "0b" : base === 8 ? "0o" : "0x") + str);
}
function parseDate(ctx, c, endChr) {
  let startPtr = ctx.p++, unsafeSeparator;
  if (!isDigit(c) || !isDigit(ctx.s.charCodeAt(ctx.p++)) || !isDigit(ctx.s.charCodeAt(ctx.p++)) || !isDigit(ctx.s.charCodeAt(ctx.p++))) {
    return parseNumber(ctx, ctx.p = startPtr, c, 0, endChr);
  }
  ctx.p += 5;
  if (!isDigit(ctx.s.charCodeAt(ctx.p++)))
    TomlError.x("invalid date-time: date part is malformed", ctx, startPtr);
  if (ctx.p >= ctx.s.length || ((c = ctx.s.charCodeAt(ctx.p)) !== 32 || (unsafeSeparator = true, !isDigit(ctx.s.charCodeAt(ctx.p + 1)))) && c !== 84 && c !== 116) {
    let t2 = ctx.s.slice(startPtr, ctx.p);
    return readDate(ctx, t2, 3, false, startPtr);
  }
  if (ctx.s.charCodeAt(ctx.p += 3) !== 58)
    TomlError.x("invalid date-time: time part is malformed", ctx, startPtr);
  if (ctx.s.charCodeAt(ctx.p += 3) === 58)
    ctx.p += 3;
  if (ctx.s.charCodeAt(ctx.p) === 46)
    while (isDigit(ctx.s.charCodeAt(++ctx.p)))
      ;
  if (c = ctx.s.charCodeAt(ctx.p)) {
    if (c === 90 || c === 122) {
      let t2 = ctx.s.slice(startPtr, ++ctx.p);
      return readDate(ctx, t2, 1, unsafeSeparator, startPtr, "[+00:00]");
    }
    if (c === 43 || c === 45) {
      let t2 = ctx.s.slice(startPtr, ctx.p += 6);
      return readDate(ctx, t2, 1, unsafeSeparator, startPtr, !ctx.ld && "[" + ctx.s.slice(ctx.p - 6, ctx.p) + "]");
    }
  }
  let t = ctx.s.slice(startPtr, ctx.p);
  return readDate(ctx, t, 2, unsafeSeparator, startPtr);
}
function parseTime(ctx, c, endChr) {
  let start = ctx.p;
  if (!isDigit(c) || !isDigit(ctx.s.charCodeAt(++ctx.p))) {
    return parseNumber(ctx, --ctx.p, c, 0, endChr);
  }
  if (ctx.s.charCodeAt(ctx.p += 4) === 58)
    ctx.p += 3;
  if (ctx.s.charCodeAt(ctx.p) === 46)
    while (isDigit(ctx.s.charCodeAt(++ctx.p)))
      ;
  let t = ctx.s.slice(start, ctx.p);
  return readDate(ctx, t, 4, false, start);
}
function readDate(ctx, str, type, unsafeDelim, errPtr, temporalSuffix) {
  if (ctx.ld) {
    let date = new TomlDate(str, type, unsafeDelim);
    if (!date.isValid())
      TomlError.x("invalid date", ctx, errPtr);
    return date;
  }
  try {
    if (temporalSuffix)
      str += temporalSuffix;
    switch (type) {
      case 1:
        return Temporal.ZonedDateTime.from(str);
      case 2:
        return Temporal.PlainDateTime.from(str);
      case 3:
        return Temporal.PlainDate.from(str);
      case 4:
        return Temporal.PlainTime.from(str);
    }
  } catch (e) {
    TomlError.x(e instanceof Error ? e.message : "" + e, ctx, errPtr);
  }
}

// node_modules/smol-toml/dist/util.js
function skipComment(ctx) {
  for (; ctx.p < ctx.s.length; ctx.p++) {
    let c = ctx.s.charCodeAt(ctx.p);
    if (c === 10)
      break;
    if (c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10) {
      ctx.p++;
      break;
    }
    if (c < 32 && c !== 9 || c === 127) {
      TomlError.x("control characters are not allowed in comments", ctx);
    }
  }
}
function skipVoid(ctx, banNewLines, banComments) {
  let c;
  while (ctx.p < ctx.s.length) {
    while (ctx.p < ctx.s.length && ((c = ctx.s.charCodeAt(ctx.p)) === 32 || c === 9 || !banNewLines && (c === 10 || c === 13 && ctx.s.charCodeAt(ctx.p + 1) === 10)))
      ctx.p++;
    if (banComments || c !== 35)
      break;
    skipComment(ctx);
  }
}

// node_modules/smol-toml/dist/struct.js
function parseKey(ctx, end = 61) {
  let startPtr;
  let state = 0;
  let parsed = [];
  let sliceStart;
  let c = ctx.s.charCodeAt(startPtr = ctx.p);
  do {
    if (c === end) {
      if (!state)
        TomlError.x("unexpected end of key", ctx);
      if (state === 1)
        parsed.push(ctx.s.slice(sliceStart, ctx.p));
      return ctx.p++, parsed;
    } else if (c === 46) {
      if (!state)
        TomlError.x("illegal empty bare key", ctx);
      if (state === 1)
        parsed.push(ctx.s.slice(sliceStart, ctx.p));
      state = 0;
    } else if (!state && (c === 34 || c === 39)) {
      if (c === ctx.s.charCodeAt(ctx.p + 1) && c === ctx.s.charCodeAt(ctx.p + 2))
        TomlError.x("illegal quoted key: multiline strings are not allowed", ctx);
      parsed.push(parseString(ctx));
      state = 2;
      ctx.p--;
    } else if (c === 32 || c === 9) {
      if (state === 1) {
        parsed.push(ctx.s.slice(sliceStart, ctx.p));
        state = 2;
      }
    } else if (state === 2 || c < 48 && c !== 45 || c > 57 && c < 65 || c > 90 && c < 97 && c !== 95 || c > 122) {
      TomlError.x("illegal character in key", ctx);
    } else if (!state) {
      state = 1;
      sliceStart = ctx.p;
    }
  } while (c = ctx.s.charCodeAt(++ctx.p));
  TomlError.x("incomplete key-value: cannot find end of key", ctx, startPtr);
}
function parseInlineTable(ctx) {
  let startPtr = ctx.p++;
  let res = /* @__PURE__ */ Object.create(null);
  let seen = /* @__PURE__ */ new Set();
  let c;
  while (ctx.p < ctx.s.length) {
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p)) === 125) {
      ctx.p++;
      return res;
    }
    let k;
    let t = res;
    let hasOwn = false;
    let errPtr = ctx.p;
    let key = parseKey(ctx);
    for (let i = 0; i < key.length; i++) {
      if (i)
        t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
      k = key[i];
      if ((hasOwn = Object.hasOwn(t, k)) && (typeof t[k] !== "object" || seen.has(t[k]))) {
        TomlError.x("trying to redefine an already defined value", ctx, errPtr);
      }
      let unsafe = k === "__proto__";
      if (ctx.uk && (unsafe || k === "constructor")) {
        t = ctx.uk !== 1 && TomlError.x("document contains an unsafe property", ctx, errPtr);
        break;
      }
      if (!hasOwn && unsafe) {
        Object.defineProperty(t, k, { enumerable: true, configurable: true, writable: true });
      }
    }
    if (hasOwn) {
      TomlError.x("trying to redefine an already defined value", ctx, errPtr);
    }
    skipVoid(ctx, true, true);
    let value = extractValue(
      ctx,
      125
      /* } */
    );
    if (t && typeof (t[k] = value) === "object")
      seen.add(value);
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p++)) === 125) {
      return res;
    }
    if (c !== 44)
      TomlError.x("expected comma or end of structure", ctx, ctx.p - 1);
  }
  TomlError.x("unfinished table", ctx, startPtr);
}
function parseArray(ctx) {
  let startPtr = ctx.p++;
  let res = [];
  let c;
  while (ctx.p < ctx.s.length) {
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p)) === 93) {
      ctx.p++;
      return res;
    }
    res.push(extractValue(
      ctx,
      93
      /* ] */
    ));
    skipVoid(ctx);
    if ((c = ctx.s.charCodeAt(ctx.p++)) === 93) {
      return res;
    }
    if (c !== 44)
      TomlError.x("expected comma or end of structure", ctx, ctx.p - 1);
  }
  TomlError.x("unfinished array", ctx, startPtr);
}

// node_modules/smol-toml/dist/parse.js
function peekTable(ctx, key, table, meta, type) {
  let t = table;
  let m = meta;
  let k;
  let hasOwn = false;
  let state;
  for (let i = 0; i < key.length; i++) {
    if (i) {
      t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
      m = (state = m[k]).c;
      if (type === 0 && (state.t === 1 || state.t === 2)) {
        return null;
      }
      if (state.t === 2) {
        let l = t.length - 1;
        t = t[l];
        m = m[l].c;
      }
    }
    k = key[i];
    if ((hasOwn = Object.hasOwn(t, k)) && m[k]?.t === 0 && m[k]?.d) {
      return null;
    }
    if (!hasOwn) {
      let unsafe = k === "__proto__";
      if (ctx.uk && (unsafe || k === "constructor"))
        return false;
      if (unsafe) {
        Object.defineProperty(t, k, { enumerable: true, configurable: true, writable: true });
        Object.defineProperty(m, k, { enumerable: true, configurable: true, writable: true });
      }
      m[k] = {
        t: i < key.length - 1 && type === 2 ? 3 : type,
        d: false,
        i: 0,
        c: /* @__PURE__ */ Object.create(null)
      };
    }
  }
  state = m[k];
  if (state.t !== type && !(type === 1 && state.t === 3)) {
    return null;
  }
  if (type === 2) {
    if (!state.d) {
      state.d = true;
      t[k] = [];
    }
    t[k].push(t = /* @__PURE__ */ Object.create(null));
    state.c[state.i++] = state = { t: 1, d: false, i: 0, c: /* @__PURE__ */ Object.create(null) };
  }
  if (state.d) {
    return null;
  }
  state.d = true;
  if (type === 1) {
    t = hasOwn ? t[k] : t[k] = /* @__PURE__ */ Object.create(null);
  } else if (type === 0 && hasOwn) {
    return null;
  }
  return [k, t, state.c];
}
function validateTablePeek(ctx, peek, ptr) {
  if (peek === null || ctx.uk === 2)
    TomlError.x(peek === null ? "trying to redefine an already defined table or value" : "document contains an unsafe property", ctx, ptr);
}
function parse(toml, options = {}) {
  let ctx = {
    s: toml,
    p: 0,
    d: options.maxDepth ?? 1e3,
    bi: options.integersAsBigInt ?? false,
    ld: options.useLegacyDate ?? true,
    uk: options.unsafeKeyBehaviour === "throw" ? 2 : options.unsafeKeyBehaviour === "drop" ? 1 : 0
  };
  let res = /* @__PURE__ */ Object.create(null);
  let meta = /* @__PURE__ */ Object.create(null);
  let tmp;
  let skipping = false;
  let tbl = res;
  let m = meta;
  if (toml.charCodeAt(0) === 65279)
    ctx.p++;
  skipVoid(ctx);
  while (ctx.p < toml.length) {
    if (toml.charCodeAt(ctx.p) === 91) {
      let isTableArray = toml.charCodeAt(++ctx.p) === 91;
      tmp = ctx.p += +isTableArray;
      skipping = false;
      let k = parseKey(
        ctx,
        93
        /* ] */
      );
      if (isTableArray) {
        if (toml.charCodeAt(ctx.p) !== 93) {
          TomlError.x("expected end of table array declaration", ctx);
        }
        ctx.p++;
      }
      let p = peekTable(
        ctx,
        k,
        res,
        meta,
        isTableArray ? 2 : 1
        /* Type.EXPLICIT */
      );
      if (!p) {
        validateTablePeek(ctx, p, tmp);
        skipping = true;
      } else {
        m = p[2];
        tbl = p[1];
      }
    } else {
      tmp = ctx.p;
      let k = parseKey(ctx);
      let p = peekTable(
        ctx,
        k,
        tbl,
        m,
        0
        /* Type.DOTTED */
      );
      if (!p && !skipping)
        validateTablePeek(ctx, p, tmp);
      skipVoid(ctx, true, true);
      let v = extractValue(ctx, void 0);
      if (p && !skipping)
        p[1][p[0]] = v;
    }
    skipVoid(ctx, true);
    if (ctx.p < toml.length && (tmp = toml.charCodeAt(ctx.p)) !== 10 && (tmp !== 13 || toml.charCodeAt(ctx.p + 1) !== 10)) {
      TomlError.x("each key-value declaration must be followed by an end-of-line", ctx);
    }
    skipVoid(ctx);
  }
  return res;
}

// node_modules/smol-toml/dist/stringify.js
var HAS_WELLFORMED = !!"".isWellFormed;

// src/scenario/toml.ts
var LARGEST = 64 * 1024;
var DEEPEST = 6;
var MOST_VALUES = 5e3;
var CURE3 = "check it with `immunosim check FILE`";
var DATE = /^\d{4}-\d{2}-\d{2}$/;
var BARE_KEY = /^[A-Za-z0-9_-]+$/;
var KNOWN = new Set(
  "title description model model_version parameter_set start_date horizon patient course dose input challenge relapse note observed output solver mechanisms parameters".split(" ")
);
var LEFT_OUT = /* @__PURE__ */ new Set(["sweep", "population"]);
var REFUSED = /* @__PURE__ */ new Set(["extends", "__proto__", "constructor", "prototype"]);
function readToml(text2, drugs = []) {
  if (text2.length > LARGEST) throw new ScenarioFault("is larger than 64 kB", "", CURE3);
  let parsed;
  try {
    parsed = parse(text2, { maxDepth: 20 });
  } catch (error) {
    throw new ScenarioFault(`is not TOML (${firstLine(error)})`, "", CURE3);
  }
  const count = { n: 0 };
  const doc = {};
  for (const [key, value] of Object.entries(parsed)) {
    if (LEFT_OUT.has(key)) continue;
    const isDrugTable = drugs.length > 0 ? drugs.includes(key) : Array.isArray(value);
    if (REFUSED.has(key) || !(KNOWN.has(key) || isDrugTable)) throw new ScenarioFault(`unknown key "${key.slice(0, 40)}"`, "", CURE3);
    doc[key] = plain(value, key, 1, count);
  }
  return doc;
}
function firstLine(error) {
  return String(error instanceof Error ? error.message : error).split("\n")[0].slice(0, 100);
}
function plain(value, key, depth, count) {
  if (depth > DEEPEST || ++count.n > MOST_VALUES) throw new ScenarioFault("goes too deep or holds too much", key, CURE3);
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof Date) return value.toISOString().slice(0, 10);
  if (Array.isArray(value)) return value.map((entry, n) => plain(entry, `${key}[${n + 1}]`, depth + 1, count));
  if (value !== null && typeof value === "object") {
    const table = {};
    for (const [name, entry] of Object.entries(value)) {
      if (REFUSED.has(name)) throw new ScenarioFault(`unknown key "${name}"`, key, CURE3);
      table[name] = plain(entry, `${key}.${name}`, depth + 1, count);
    }
    return table;
  }
  throw new ScenarioFault("holds a value that no scenario has", key, CURE3);
}
function writeToml(doc) {
  const entries = Object.entries(doc).filter(([, value]) => value !== null);
  const isBlock = (value) => isTable(value) || Array.isArray(value) && value.length > 0 && value.every(isTable);
  const lines = entries.filter(([, value]) => !isBlock(value)).map(([key, value]) => `${keyText(key)} = ${top(key, value)}`);
  for (const [key, value] of entries) {
    if (!isBlock(value)) continue;
    for (const table of Array.isArray(value) ? value : [value]) {
      lines.push("", Array.isArray(value) ? `[[${keyText(key)}]]` : `[${keyText(key)}]`, ...tableLines(table, key));
    }
  }
  return `${lines.join("\n").replace(/^\n+/, "")}
`;
}
function tableLines(table, path) {
  const entries = Object.entries(table).filter(([, value]) => value !== null);
  const lines = entries.filter(([, value]) => !isTable(value)).map(([key, value]) => `${keyText(key)} = ${valueText(value)}`);
  for (const [key, value] of entries) {
    if (isTable(value)) lines.push(`[${path}.${keyText(key)}]`, ...tableLines(value, `${path}.${keyText(key)}`));
  }
  return lines;
}
function top(key, value) {
  return key === "start_date" && typeof value === "string" && DATE.test(value) ? value : valueText(value);
}
function keyText(name) {
  return BARE_KEY.test(name) ? name : quoted(name);
}
function quoted(text2) {
  return JSON.stringify(text2).replaceAll("\x7F", "\\u007f");
}
function valueText(value) {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : numberText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (isTable(value)) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== null);
    return `{ ${entries.map(([key, entry]) => `${keyText(key)} = ${valueText(entry)}`).join(", ")} }`;
  }
  return String(value);
}
function numberText(value) {
  return String(value).replace("e+", "e");
}
export {
  ScenarioFault,
  commandFor,
  decodeLink,
  differences,
  encodeLink,
  keyOf,
  laidOver,
  prepare,
  readToml,
  setValue,
  writeToml
};
/*! Bundled license information:

smol-toml/dist/error.js:
smol-toml/dist/primitive.js:
smol-toml/dist/date.js:
smol-toml/dist/extract.js:
smol-toml/dist/util.js:
smol-toml/dist/struct.js:
smol-toml/dist/parse.js:
smol-toml/dist/stringify.js:
smol-toml/dist/index.js:
  (*!
   * Copyright (c) Squirrel Chat et al., All rights reserved.
   * SPDX-License-Identifier: BSD-3-Clause
   *
   * Redistribution and use in source and binary forms, with or without
   * modification, are permitted provided that the following conditions are met:
   *
   * 1. Redistributions of source code must retain the above copyright notice, this
   *    list of conditions and the following disclaimer.
   * 2. Redistributions in binary form must reproduce the above copyright notice,
   *    this list of conditions and the following disclaimer in the
   *    documentation and/or other materials provided with the distribution.
   * 3. Neither the name of the copyright holder nor the names of its contributors
   *    may be used to endorse or promote products derived from this software without
   *    specific prior written permission.
   *
   * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
   * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
   * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
   * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
   * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
   * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
   * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
   * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
   * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
   * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
   *)
*/
