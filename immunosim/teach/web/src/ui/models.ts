// The models that came with the page, and starting one of them.
import { load, type Loaded, type ModelBundle } from "../run";
import type { ModelTables, ScenarioDocument } from "../model";
import { laidOver, type Changes } from "../scenario";
import { t } from "../text";
import { startFrom } from "./actions";
import { forgetWorker } from "./bands";
import { faultOf } from "./faults";
import { setUsual } from "./address";
import { kept, session, shown, view, type ScenarioState } from "./state";

interface Globals {
  models?: Record<string, ModelBundle>;
  lessons?: Record<string, unknown[]>;
  scorm?: { report(result: { score: number; answered: number; total: number }): void };
}

/** What the scripts before this one registered. */
export function globals(): Globals {
  return ((globalThis as Record<string, unknown>).IMMUNOSIM as Globals | undefined) ?? {};
}

const started = new Map<string, Loaded>();

export async function startModel(name: string): Promise<Loaded> {
  let loaded = started.get(name);
  if (!loaded) {
    const bundle = globals().models?.[name];
    if (!bundle) throw new Error(t("noModel"));
    loaded = await load(name, bundle);
    started.set(name, loaded);
  }
  return loaded;
}

export type Wish = Partial<Pick<ScenarioState, "doc" | "base" | "name" | "of" | "start">>;

/** What the site adds to the tables of a model (immunosim/teach/starting.py). */
interface Starting {
  standard?: string;
  default_scenario?: ScenarioDocument;
  scenario_changes?: Record<string, { of: string; changes: Changes }>;
}

/** The standard scenario of a model and its name among the shipped ones. */
export function standardOf(tables: ModelTables): { base: ScenarioDocument; name: string } {
  const { default_scenario: base, standard = "" } = tables as Starting;
  return base ? { base, name: standard } : { base: { model: tables.name }, name: "" };
}

const shipped = new Map<ModelTables, Record<string, ScenarioDocument>>();

/** The shipped scenarios of a model by name. */
export function scenariosOf(tables: ModelTables): Record<string, ScenarioDocument> {
  let found = shipped.get(tables);
  if (!found) {
    const { base, name: standard } = standardOf(tables);
    found = { [standard]: base };
    for (const [name, { of, changes }] of Object.entries((tables as Starting).scenario_changes ?? {})) found[name] = laidOver(found[of] ?? base, changes);
    shipped.set(tables, found);
  }
  return found;
}

/** Go to a model, with its standard scenario or another one. */
export async function openModel(name: string, wish: Wish = {}): Promise<void> {
  try {
    const loaded = await startModel(name);
    const standard = standardOf(loaded.tables);
    setUsual(standard.name);
    if (session.get().loaded !== loaded) {
      kept.set({ runs: [] });
      forgetWorker();
      shown.set({ run: null, fault: null });
      view.set({ charts: [], front: "", pool: "", time: null, band: false });
    }
    startFrom(wish.base ? { ...wish, base: wish.base } : { ...standard, ...wish, base: standard.base });
    session.set({ loaded, message: "" });
  } catch (error) {
    session.set({ message: t("engineFailed", { reason: faultOf(error).reason }) });
  }
}

/** Show a document that somebody brought: links hold how it differs from the standard scenario of its model. */
export async function openDocument(doc: ScenarioDocument): Promise<boolean> {
  const name = String(doc.model ?? session.get().loaded?.name ?? "");
  if (!Object.hasOwn(globals().models ?? {}, name)) return false;
  view.set({ page: "explore", lesson: "" });
  await openModel(name, { doc, start: doc });
  return true;
}
