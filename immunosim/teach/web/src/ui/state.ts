// What the page holds: the model that runs, the scenario, how it is looked at, the last run, and runs that were kept.
import type { Loaded, Run } from "../run";
import type { ScenarioDocument } from "../model";
import { Store } from "./store";

export interface PageSettings {
  language?: string;
  lesson?: string;
  token?: string;
  embed?: string;
}

export type Page = "explore" | "lessons";
export type Embed = "" | "curves" | "knobs" | "lesson";

export const session = new Store<{ loaded: Loaded | null; settings: PageSettings; message: string; announced: string }>({
  loaded: null, settings: {}, message: "", announced: "",
});

export interface ScenarioState {
  doc: ScenarioDocument;
  /** What a link holds differences from, and its name: a shipped scenario, or "" for the lesson's. */
  base: ScenarioDocument;
  name: string;
  /** What "back to the start" returns to: the base, or a file that was opened. */
  start: ScenarioDocument;
  /** The lesson that it is of; empty in the explorer. */
  of: string;
}

export const scenario = new Store<ScenarioState>({ doc: {}, base: {}, name: "", start: {}, of: "" });

export interface View {
  page: Page;
  lesson: string;
  zoom: [number, number] | null;
  log: boolean;
  /** Charts shown in the explorer; empty for the usual ones. */
  charts: string[];
  /** Chart that stays in sight on a phone. */
  front: string;
  band: boolean;
  /** Time looked at, day; null before somebody chose one. */
  time: number | null;
  pool: string;
  level: number;
  embed: Embed;
  why: boolean;
}

export const view = new Store<View>({
  page: "explore", lesson: "", zoom: null, log: false, charts: [], front: "", band: false, time: null, pool: "", level: 1, embed: "",
  why: false,
});

export interface Fault {
  key: string;
  reason: string;
  cure: string;
}

/** The run on show, and why the scenario as it is set gave none. */
export const shown = new Store<{ run: Run | null; fault: Fault | null }>({ run: null, fault: null });

export interface Kept {
  name: string;
  run: Run;
}

export const kept = new Store<{ runs: Kept[] }>({ runs: [] });

export interface BandState {
  busy: boolean;
  n: number;
  failed: number;
  error: string;
  times: Float64Array | null;
  /** Quantiles by read-out: 5, 25, 50, 75, 95 %. */
  quantiles: Record<string, Float64Array[]>;
}

export const NO_BAND: BandState = { busy: false, n: 0, failed: 0, error: "", times: null, quantiles: {} };

export const band = new Store<BandState>(NO_BAND);

/** Say something to everybody, also to those who do not see the page. */
export function announce(message: string): void {
  session.set({ announced: message });
}
