// The charts, in two groups: what a clinic measures and what it cannot see. On a phone one chart stays in sight above the knobs.
import { useState } from "preact/hooks";
import { t } from "../text";
import { ChartCard } from "./ChartCard";
import { Catalogue, type ChartSpec } from "./charts";
import { loadedTables } from "./actions";
import { shown, view } from "./state";
import { useStore } from "./store";

const catalogues = new Map<object, Catalogue>();

export function catalogue(): Catalogue {
  const tables = loadedTables();
  let found = catalogues.get(tables);
  if (!found) catalogues.set(tables, (found = new Catalogue(tables)));
  return found;
}

export function Curves({ narrow }: { narrow: boolean }) {
  const front = useStore(view, (v) => v.front);
  const chosen = useStore(view, (v) => v.charts);
  const embed = useStore(view, (v) => v.embed);
  const all = catalogue().of(chosen.length > 0 ? chosen : catalogue().usual);
  const inFront = narrow ? (all.find((spec) => spec.id === front) ?? all[0]) : undefined;
  const specs = all.filter((spec) => spec !== inFront);
  const clinic = specs.filter((spec) => spec.side === "clinic"), hidden = specs.filter((spec) => spec.side === "hidden");
  return (
    <>
      <FaultNote />
      {clinic.length > 0 && <Group title={t("clinic")} specs={clinic} />}
      {hidden.length > 0 && <Group title={t("hidden")} specs={hidden} />}
      {embed === "" && <Chooser />}
    </>
  );
}

function Group({ title, specs }: { title: string; specs: ChartSpec[] }) {
  return (
    <section class="charts">
      <h2>{title}</h2>
      <div class="grid">{specs.map((spec) => <ChartCard key={spec.id} spec={spec} />)}</div>
    </section>
  );
}

/** Why the scenario as it is set is not on show. */
export function FaultNote() {
  const fault = useStore(shown, (s) => s.fault);
  if (!fault) return null;
  const isStatus = /^[A-Z_]+$/.test(fault.key) && fault.cure === "";
  return (
    <p class="fault" role="alert">
      {isStatus ? t("failed", { status: fault.key, day: fault.reason }) : fault.key ? t("fault", { key: fault.key, reason: fault.reason }) : fault.reason}
      {fault.cure && ` ${t("cure", { cure: fault.cure })}`}
    </p>
  );
}

function Chooser() {
  const [open, setOpen] = useState(false);
  const chosen = useStore(view, (v) => v.charts);
  const ids = chosen.length > 0 ? chosen : catalogue().usual;
  const toggle = (id: string, isOn: boolean): void => view.set({ charts: isOn ? [...ids, id] : ids.filter((other) => other !== id) });
  return (
    <details class="section chooser" onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary><h2>{t("chooseCharts")}</h2></summary>
      {open && (
        <div class="columns">
          {catalogue().charts.map((spec) => (
            <label class="toggle" key={spec.id}>
              <input type="checkbox" checked={ids.includes(spec.id)} onChange={(event) => toggle(spec.id, event.currentTarget.checked)} />
              <span>{spec.title}</span>
            </label>
          ))}
        </div>
      )}
    </details>
  );
}

/** The one chart that stays above the knobs on a phone. */
export function FrontChart({ ids }: { ids: string[] }) {
  const front = useStore(view, (v) => v.front);
  const specs = catalogue().of(ids);
  const spec = specs.find((one) => one.id === front) ?? specs[0];
  if (!spec) return null;
  return (
    <div class="front">
      <label class="choice-row">
        <span class="hidden-text">{t("chartOf")}</span>
        <select value={spec.id} onChange={(event) => view.set({ front: event.currentTarget.value })}>
          {specs.map((one) => <option key={one.id} value={one.id}>{one.title}</option>)}
        </select>
      </label>
      <ChartCard spec={spec} />
    </div>
  );
}
