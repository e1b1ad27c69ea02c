// Virtual patients in a worker: the page stays quick while a hundred of them are simulated.
// It is started from the text of the page's own script (build.mjs), because from file:// no worker file can be loaded.
import { draw, type Trait } from "./band";
import { load, runOf, type Loaded, type ModelBundle } from "./run";
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
  const loaded = await (loading ??= load(name, bundle));
  const courses: Float64Array[][] = [];
  let failed = 0, why = "";
  for (const parameters of draw(request.traits, request.typical, request.n, request.seed)) {
    if (courses.length % 8 === 7) await pause();
    if (latest !== request.id) return null;
    const changes = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [request.keys[name]!, value]));
    try {
      const run = runOf(loaded, laidOver(request.doc, changes), () => request.times);
      if (run.status !== "OK") {
        failed++;
        why ||= run.status;
      }
      else courses.push(request.readouts.map((index) => run.readout(index)));
    } catch (error) {
      failed++;
      why ||= String(error);
    }
  }
  return { id: request.id, n: courses.length, failed, times: request.times, quantiles: request.readouts.map((_unused, r) => bandsOf(courses, r, request.times.length)), error: courses.length === 0 ? why : "" };
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
