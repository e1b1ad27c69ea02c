// The "why" panel: what fills and empties a pool, and the network of which it is part.
import { useEffect, useState } from "preact/hooks";
import { t } from "../text";
import { loadedTables } from "./actions";
import { contributions, sampleTimes } from "./flows";
import { DAYS_PER_MONTH, number, unitText, when } from "./format";
import { Network } from "./Network";
import { afterMove } from "./painting";
import { shown, view } from "./state";
import { Stack } from "./Stack";
import { useStore } from "./store";

const MOST_PARTS = 7;

/** The pool that the panel begins with: the first in tissue, where cells come and go by more processes than in blood. */
export function firstPool(): string {
  const { pools, processes } = loadedTables();
  const moved = pools.filter((pool) => processes.some((process) => process.target === pool.name || process.source === pool.name));
  return (moved.find((pool) => / in tissue$/.test(pool.label)) ?? moved[0] ?? pools[0])?.name ?? "";
}

export function Why() {
  const [run, setRun] = useState(shown.get().run);
  useEffect(() => afterMove(() => setRun(shown.get().run)), []);
  const chosen = useStore(view, (v) => v.pool) || firstPool();
  const zoom = useStore(view, (v) => v.zoom);
  const looked = useStore(view, (v) => v.time);
  if (!run) return null;
  const tables = loadedTables();
  const first = run.times[0]!, last = run.times[run.times.length - 1]!;
  const range: [number, number] = zoom ? [Math.max(zoom[0], first), Math.min(zoom[1], last)] : [first, last];
  const time = Math.min(Math.max(looked ?? range[0] + (range[1] - range[0]) / 4, range[0]), range[1]);
  const pool = tables.pools.find((one) => one.name === chosen) ?? tables.pools[0]!;
  const places = sampleTimes(run, range);
  const parts = contributions(tables, run, pool.name, places, MOST_PARTS, { others: (n) => t("others", { n }), exchange: (other) => t("exchange", { pool: other }) });
  const title = t("contributions", { pool: pool.label, unit: unitText(pool.unit) || "1" });
  return (
    <section class="panel why" aria-labelledby="why-title">
      <h2 id="why-title">{t("whyTitle")}</h2>
      <p class="note">{t("whyIntro")}</p>
      <div class="why-controls">
        <label class="choice-row"><span>{t("pool")}</span>
          <select value={pool.name} onChange={(event) => view.set({ pool: event.currentTarget.value })}>
            {tables.pools.map((one) => <option key={one.name} value={one.name}>{one.label}</option>)}
          </select>
        </label>
        <TimeSlider range={range} time={time} />
      </div>
      <div class="why-parts">
        <div>
          <h3>{title}</h3>
          <Stack parts={parts} times={places.map((i) => run.times[i]!)} range={range} time={time} title={title} />
        </div>
        <PartsTable parts={parts} places={places} times={run.times} time={time} />
      </div>
      <Network run={run} time={time} pool={pool.name} />
    </section>
  );
}

/** The time looked at: a slider for those who do not click into a chart. */
export function TimeSlider({ range, time }: { range: [number, number]; time: number }) {
  const step = range[1] - range[0] > 95 ? DAYS_PER_MONTH / 4 : 0.25;
  return (
    <label class="time-slider">
      <span>{t("timeAt")}: {when(time)}</span>
      <input
        type="range" min={range[0]} max={range[1]} step={step} value={time} aria-valuetext={when(time)}
        onInput={(event) => view.set({ time: Number(event.currentTarget.value) })}
      />
    </label>
  );
}

function PartsTable({ parts, places, times, time }: { parts: ReturnType<typeof contributions>; places: number[]; times: Float64Array; time: number }) {
  let nearest = 0;
  places.forEach((i, n) => {
    if (Math.abs(times[i]! - time) < Math.abs(times[places[nearest]!]! - time)) nearest = n;
  });
  const most = Math.max(...parts.map((part) => Math.abs(part.values[nearest]!)));
  const shownValue = (value: number): string => signed(Math.abs(value) < 1e-6 * most ? 0 : value);
  const sum = parts.reduce((total, part) => total + part.values[nearest]!, 0);
  return (
    <table class="parts">
      <caption>{t("timeAt")}: {when(time)}</caption>
      <tbody>
        {parts.map((part, n) => (
          <tr key={part.label}><th scope="row"><span class={`swatch layer-${n}`} aria-hidden="true" />{part.label}</th><td>{shownValue(part.values[nearest]!)}</td></tr>
        ))}
        <tr class="sum"><th scope="row">{t("net")}</th><td>{shownValue(sum)}</td></tr>
      </tbody>
    </table>
  );
}

function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(value))}`;
}
