// How the curves are looked at: shared zoom, scale, kept runs, virtual patients.
import { t } from "../text";
import { loadedTables } from "./actions";
import { requestBand } from "./bands";
import { givenIn } from "./doses";
import { number } from "./format";
import { requestRun } from "./painting";
import { announce, band, kept, scenario, shown, view } from "./state";
import { useStore } from "./store";
import { treatmentStarts } from "./times";

const MOST_KEPT = 4;

function zoomTo(zoom: [number, number] | null): void {
  view.set({ zoom });
  requestRun();
}

/** The part of the time axis that "first 30 days" shows. */
export const FIRST_30_DAYS: [number, number] = [-1, 30];

export function Toolbar() {
  const zoom = useStore(view, (v) => v.zoom);
  const log = useStore(view, (v) => v.log);
  const courses = useStore(scenario, (s) => starts(s.doc).join());
  const later = courses.split(",").filter(Boolean).map(Number).filter((start) => start > 30).slice(0, 3);
  const isFirst = zoom !== null && zoom[0] === FIRST_30_DAYS[0] && zoom[1] === FIRST_30_DAYS[1];
  return (
    <div class="toolbar">
      <div class="group" role="group" aria-label={t("time")}>
        <button type="button" aria-pressed={zoom === null} onClick={() => zoomTo(null)}>{t("all")}</button>
        <button type="button" aria-pressed={isFirst} onClick={() => zoomTo(FIRST_30_DAYS)}>{t("first30")}</button>
        {later.map((start, n) => {
          const range: [number, number] = [start - 5, start + 60];
          return <button type="button" key={start} aria-pressed={zoom !== null && zoom[0] === range[0] && zoom[1] === range[1]} onClick={() => zoomTo(range)}>{t("zoomBand", { n: n + 2 })}</button>;
        })}
        {zoom !== null && !isFirst && <span class="zoomed">{t("zoomTo", { from: number(zoom[0]), to: number(zoom[1]) })}</span>}
      </div>
      <button type="button" aria-pressed={log} onClick={() => view.set({ log: !log })}>{t("logarithmic")}</button>
      <button type="button" onClick={keep} title={t("freeze")} aria-label={t("freeze")}>{t("freezeShort")}</button>
      <BandButton />
      <WhyButton />
    </div>
  );
}

/** Starts of courses of the drug that depletes, day. */
function starts(doc: object): number[] {
  const tables = loadedTables();
  const drug = tables.drugs[0];
  return drug ? treatmentStarts(givenIn(doc, tables).filter((given) => given.drug === drug.name).map((given) => given.start)) : [];
}

function keep(): void {
  const { run } = shown.get();
  if (!run) return;
  const { runs } = kept.get();
  const numbers = runs.map((one) => Number(/\d+$/.exec(one.name)?.[0] ?? 0));
  const name = t("frozenName", { n: Math.max(0, ...numbers) + 1 });
  kept.set({ runs: [...runs, { name, run }].slice(-MOST_KEPT) });
  announce(`${t("frozenRuns")}: ${name}`);
}

function WhyButton() {
  const isOpen = useStore(view, (v) => v.why);
  const embed = useStore(view, (v) => v.embed);
  if (embed === "knobs") return null;
  return <button type="button" class="why-button" aria-pressed={isOpen} onClick={() => view.set({ why: !isOpen })}>{t("why")}</button>;
}

function BandButton() {
  const isOn = useStore(view, (v) => v.band);
  const hasTraits = (loadedTables().population?.traits ?? []).length > 0;
  if (!hasTraits) return null;
  const press = (): void => {
    view.set({ band: !isOn });
    if (!isOn) requestBand();
  };
  return <button type="button" aria-pressed={isOn} onClick={press}>{t("band")}</button>;
}

/** What is said of kept runs and of virtual patients; nothing where there are none. */
export function Legends() {
  const runs = useStore(kept, (k) => k.runs);
  const isOn = useStore(view, (v) => v.band);
  const state = useStore(band, (b) => b);
  return (
    <>
      {runs.length > 0 && (
        <ul class="kept" aria-label={t("frozenRuns")}>
          {runs.map((one, n) => (
            <li key={n}>
              <span class={`dash dash-${n}`} aria-hidden="true" />
              <input
                type="text" value={one.name} maxLength={40} aria-label={t("nameOfRun")}
                onChange={(event) => kept.set({ runs: runs.map((other, k) => (k === n ? { ...other, name: event.currentTarget.value || one.name } : other)) })}
              />
              <button type="button" class="quiet" aria-label={t("forget", { name: one.name })} onClick={() => kept.set({ runs: runs.filter((other) => other !== one) })}>×</button>
            </li>
          ))}
        </ul>
      )}
      {isOn && (
        <p class="note" role="status">
          {state.error ? t("bandError", { reason: state.error }) : state.busy || !state.times ? t("bandRunning") : t("bandDone", { n: state.n })}
          {state.failed > 0 && ` ${t("bandFailed", { n: state.failed })}`}
        </p>
      )}
    </>
  );
}
