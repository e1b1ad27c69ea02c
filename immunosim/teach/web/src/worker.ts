// Virtual patients in a worker: the page stays quick while a hundred of them are simulated.
// It is started from the text of the page's own script (build.mjs), because from file:// no worker file can be loaded.
import { draw, type Trait } from "./band";
import { finished, load, problemOf, type Loaded, type ModelBundle } from "./run";
import type { ScenarioDocument } from "./model";
import { laidOver } from "./scenario";

export interface BandRequest {
  id: number;
  doc: ScenarioDocument;
  traits: Trait[];
  /** The parameter values that traits multiply, and the keys by which a scenario sets them. */
  typical: Record<string, number>;
  keys: Record<string, string>;
  n: number;
  seed: number;
  times: Float64Array;
  readouts: number[];
}

export interface BandAnswer {
  id: number;
  n: number;
  failed: number;
  times: Float64Array;
  quantiles: Float64Array[][];
  error: string;
}

declare const IMMUNOSIM_MODEL: { name: string; bundle: ModelBundle } | undefined;

const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95];
let loading: Promise<Loaded> | null = null;
let latest = 0;

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** The value below which a share of sorted values lies. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const low = Math.floor(place), high = Math.ceil(place);
  return sorted[low]! + (place - low) * (sorted[high]! - sorted[low]!);
}

async function simulate(request: BandRequest): Promise<BandAnswer | null> {
  const { name, bundle } = IMMUNOSIM_MODEL!;
  const loaded = await (loading ??= load(name, bundle, 2));
  const patients = draw(request.traits, request.typical, request.n, request.seed);
  const found: Found = { courses: [], failed: 0, why: "" };
  const width = loaded.engine.width;
  for (let k = 0; k < patients.length; k += width) {
    if (k % 16 === 0) await pause();
    if (latest !== request.id) return null;
    solveSome(loaded, request, patients.slice(k, k + width), found);
  }
  const { courses, failed, why } = found;
  return { id: request.id, n: courses.length, failed, times: request.times, quantiles: request.readouts.map((_unused, r) => bandsOf(courses, r, request.times.length)), error: courses.length === 0 ? why : "" };
}

interface Found {
  /** Read-outs of every patient. */
  courses: Float64Array[][];
  failed: number;
  why: string;
}

/** Solve as many patients as the engine has lanes; whoever cannot be simulated is counted. */
function solveSome(loaded: Loaded, request: BandRequest, patients: Record<string, number>[], found: Found): void {
  const problems = patients.flatMap((parameters) => {
    const changes = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [request.keys[name]!, value]));
    try {
      return [problemOf(loaded, laidOver(request.doc, changes), () => request.times)];
    } catch (error) {
      found.failed++;
      found.why ||= String(error);
      return [];
    }
  });
  if (problems.length === 0) return;
  loaded.engine.solveAll(problems).forEach((solution, n) => {
    const run = finished(loaded, problems[n]!, solution);
    if (run.status === "OK") found.courses.push(request.readouts.map((index) => run.readout(index)));
    else {
      found.failed++;
      found.why ||= run.status;
    }
  });
}

function bandsOf(courses: Float64Array[][], r: number, nTimes: number): Float64Array[] {
  const bands = QUANTILES.map(() => new Float64Array(nTimes));
  const values = new Float64Array(courses.length);
  for (let i = 0; i < nTimes && courses.length > 0; i++) {
    courses.forEach((course, k) => (values[k] = course[r]![i]!));
    values.sort();
    QUANTILES.forEach((share, q) => (bands[q]![i] = quantile(values, share)));
  }
  return bands;
}

/** Answer requests of the page. */
export function serve(): void {
  addEventListener("message", (event: MessageEvent<BandRequest>) => {
    const request = event.data;
    latest = request.id;
    simulate(request).then(
      (answer) => answer && postMessage(answer),
      (error: unknown) => postMessage({ id: request.id, n: 0, failed: 0, times: request.times, quantiles: [], error: String(error) } satisfies BandAnswer),
    );
  });
}
