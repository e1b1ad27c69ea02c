// Asks the worker for virtual patients whenever a move has come to rest, and keeps the answer.
import type { BandAnswer, BandRequest } from "../worker";
import { loadedTables } from "./actions";
import { catalogue } from "./Curves";
import { valueAt } from "./doc";
import { givenIn } from "./doses";
import { keyOf } from "../scenario";
import { afterMove } from "./painting";
import { band, NO_BAND, scenario, session, shown, view } from "./state";
import { chartTimes } from "./times";

const PATIENTS = 100;
const SEED = 18;
let worker: Worker | null = null;
let id = 0;

/** The source of a worker with the model in it: kernels as text, tables and WebAssembly as literals. */
function workerSource(): string {
  const { bundle, name } = session.get().loaded!;
  const kernels = Object.entries(bundle.kernels).map(([key, kernel]) => `${JSON.stringify(key)}: ${methodText(kernel)}`);
  const parts = [`"tables": ${JSON.stringify(bundle.tables)}`, `"kernels": {${kernels.join(",")}}`];
  for (const key of ["wasm", "wasm2"] as const) if (bundle[key]) parts.push(`${JSON.stringify(key)}: ${JSON.stringify(bundle[key])}`);
  return `const IMMUNOSIM_MODEL = { name: ${JSON.stringify(name)}, bundle: {${parts.join(",")}} };\n${pageText()}`;
}

/** The text of the page's own script, which begins as a worker where there is no document. */
function pageText(): string {
  const script = (globalThis as Record<string, unknown>).immunosimExplorer;
  return typeof script === "function" ? `${Function.prototype.toString.call(script)}immunosimExplorer();` : "";
}

/** A function's text as a value; a method of an object literal has none of its own. */
function methodText(kernel: unknown): string {
  const text = Function.prototype.toString.call(kernel);
  return /^(async\s+)?(function\b|\(|\w+\s*=>)/.test(text) ? `(${text})` : `(function ${text})`;
}

function theWorker(): Worker {
  if (worker) return worker;
  const address = URL.createObjectURL(new Blob([workerSource()], { type: "text/javascript" }));
  worker = new Worker(address);
  worker.addEventListener("message", (event: MessageEvent<BandAnswer>) => take(event.data));
  worker.addEventListener("error", (event) => band.set({ ...NO_BAND, error: event.message || "worker" }));
  return worker;
}

let asked: string[] = [];

function take(answer: BandAnswer): void {
  if (answer.id !== id) return;
  const quantiles = Object.fromEntries(asked.map((name, n) => [name, answer.quantiles[n]!]));
  band.set({ busy: false, n: answer.n, failed: answer.failed, error: answer.error, times: answer.times, quantiles: answer.error ? {} : quantiles });
}

/** Simulate virtual patients of the scenario as it is set. */
export function requestBand(): void {
  const { run } = shown.get();
  const tables = loadedTables();
  const { doc } = scenario.get();
  if (!run || !tables.population) return;
  const single = catalogue().charts.filter((chart) => chart.curves.length === 1 && chart.curves[0]!.kind === "readout");
  asked = single.filter((chart) => chart.side === "clinic" || chart.id.startsWith("group.")).map((chart) => chart.curves[0]!.name);
  const moved = new Set(tables.population.traits.flatMap((trait) => trait.multiplies));
  const varied = tables.parameters.filter((parameter) => moved.has(parameter.name));
  const typical = Object.fromEntries(varied.map((parameter) => [parameter.name, Number(valueAt(doc, keyOf(parameter)) ?? parameter.value)]));
  const keys = Object.fromEntries(varied.map((parameter) => [parameter.name, keyOf(parameter)]));
  const times = chartTimes(run.times[0]!, run.times[run.times.length - 1]!, givenIn(doc, tables).flatMap((given) => given.times), view.get().zoom);
  const request: BandRequest = {
    id: ++id, doc, traits: tables.population.traits, typical, keys, n: PATIENTS, seed: SEED, times: thinned(times),
    readouts: asked.map((name) => tables.readouts.findIndex((readout) => readout.name === name)),
  };
  band.set({ busy: true, error: "" });
  try {
    theWorker().postMessage(request);
  } catch (error) {
    band.set({ ...NO_BAND, error: String(error) });
  }
}

/** Every second time: a band needs no more. */
function thinned(times: Float64Array): Float64Array {
  return times.filter((_unused, i) => i % 2 === 0 || i === times.length - 1);
}

/** Follow the scenario with the band as long as it is on show. */
export function followWithBands(): void {
  afterMove(() => {
    if (view.get().band) requestBand();
  });
}

/** Another model has other patients. */
export function forgetWorker(): void {
  worker?.terminate();
  worker = null;
  band.set(NO_BAND);
}
