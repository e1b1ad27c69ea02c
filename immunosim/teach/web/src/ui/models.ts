// The models that came with the page, and starting one of them.
import { load, type Loaded, type ModelBundle } from "../run";
import type { ScenarioDocument } from "../model";
import { t } from "../text";
import { startFrom } from "./actions";
import { forgetWorker } from "./bands";
import { faultOf } from "./faults";
import { kept, session, shown, view } from "./state";

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

/** Go to a model, with its standard scenario or another one. */
export async function openModel(name: string, doc?: ScenarioDocument, base?: ScenarioDocument, called = ""): Promise<void> {
  try {
    const loaded = await startModel(name);
    const standard = loaded.tables.default_scenario as ScenarioDocument;
    if (session.get().loaded !== loaded) {
      kept.set({ runs: [] });
      forgetWorker();
      shown.set({ run: null, fault: null });
      view.set({ charts: [], front: "", pool: "", time: null, band: false });
    }
    startFrom(base ?? standard, called, doc ?? base ?? standard);
    session.set({ loaded, message: "" });
  } catch (error) {
    session.set({ message: t("engineFailed", { reason: faultOf(error).reason }) });
  }
}
