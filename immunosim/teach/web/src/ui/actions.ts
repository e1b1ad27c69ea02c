// What a reader does to the scenario. Every change is a new document; the next frame simulates it.
import type { ScenarioDocument, Value } from "../model";
import { setValue } from "../scenario";
import { withEntries, entries, type Table } from "./doc";
import { faultOf } from "./faults";
import { requestRun } from "./painting";
import { scenario, session, shown } from "./state";

export function changeTo(doc: ScenarioDocument): void {
  scenario.set({ doc });
  requestRun();
}

/** Set a value by its key. */
export function setKey(key: string, value: unknown): void {
  try {
    changeTo(setValue(scenario.get().doc, key, value as Value));
  } catch (error) {
    shown.set({ fault: faultOf(error) });
  }
}

/** Remove a value, so that the default holds. */
export function removeKey(key: string): void {
  const doc = structuredClone(scenario.get().doc) as Record<string, unknown>;
  const steps = key.split(".");
  let here: Record<string, unknown> = doc;
  for (const step of steps.slice(0, -1)) {
    const next = here[step];
    if (next === null || typeof next !== "object") return;
    here = next as Record<string, unknown>;
  }
  delete here[steps.at(-1)!];
  if (steps.length === 2 && Object.keys(here).length === 0) delete doc[steps[0]!];
  changeTo(doc as ScenarioDocument);
}

export function switchMechanism(name: string, isOn: boolean): void {
  const doc = scenario.get().doc as Record<string, unknown>;
  const off = new Set<string>(((doc.mechanisms as { off?: string[] } | undefined)?.off ?? []).filter((one) => one !== name));
  if (!isOn) off.add(name);
  const next: Record<string, unknown> = { ...doc };
  delete next.mechanisms;
  if (off.size > 0) next.mechanisms = { off: [...off].sort() };
  changeTo(next as ScenarioDocument);
}

export function addEntry(table: string, entry: Table): void {
  const { doc } = scenario.get();
  changeTo(withEntries(doc, table, [...entries(doc, table), entry]));
}

export function removeEntry(table: string, index: number): void {
  const { doc } = scenario.get();
  changeTo(withEntries(doc, table, entries(doc, table).filter((_unused, n) => n !== index)));
}

/** Show a scenario from the start: as it came, or as a lesson or a file gives it. */
export function startFrom(wish: { base: ScenarioDocument; name?: string; of?: string; doc?: ScenarioDocument; start?: ScenarioDocument }): void {
  const { base, name = "", of = "", doc = base, start = doc } = wish;
  scenario.set({ base, name, of, doc, start });
  requestRun();
}

export function backToStart(): void {
  changeTo(scenario.get().start);
}

export function loadedTables() {
  return session.get().loaded!.tables;
}
