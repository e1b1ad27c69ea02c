// The models that came with the page, and starting one of them.
import { load, type Loaded, type ModelBundle } from "../run";
import type { ScenarioDocument } from "../model";
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

/** The standard scenario of a model and its name among the shipped ones. */
function standardOf(loaded: Loaded): { base: ScenarioDocument; name: string } {
  const { default_scenario: standard, scenarios = {} } = loaded.tables;
  const found = Object.entries(scenarios);
  const base = standard ?? found[0]?.[1] ?? { model: loaded.name };
  const name = found.find(([, doc]) => JSON.stringify(doc) === JSON.stringify(base))?.[0] ?? "";
  return { base, name };
}

/** Go to a model, with its standard scenario or another one. */
export async function openModel(name: string, wish: Wish = {}): Promise<void> {
  try {
    const loaded = await startModel(name);
    const standard = standardOf(loaded);
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
