// A chart with what belongs to it: title, unit, value under the pointer, words and a table.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Run } from "../run";
import { t } from "../text";
import { ChartView, type CurveData, type Frame, type Observed } from "./chart";
import type { ChartSpec } from "./charts";
import { days, entries, quantity } from "./doc";
import { givenIn } from "./doses";
import { number, unitText } from "./format";
import { afterMove, paintWith, requestRun } from "./painting";
import { band, kept, scenario, session, shown, view } from "./state";
import { useStore } from "./store";
import { at, tableTimes, timeText, wordsOf } from "./words";

/** The curves of a chart in a run. */
export function curvesIn(run: Run, spec: ChartSpec): CurveData {
  return { times: run.times, columns: spec.curves.map((curve) => (curve.kind === "pool" ? run.pool(curve.index) : run.readout(curve.index))) };
}

const PER_UNIT: Record<string, number> = { "1e9/L>cells/uL": 1000, "cells/uL>1e9/L": 0.001 };

/** Observed values of a chart's read-outs, in its unit. */
function observedIn(doc: object, spec: ChartSpec): Observed[] {
  const names = new Set(spec.curves.filter((curve) => curve.kind === "readout").map((curve) => curve.name));
  return entries(doc, "observed").filter((series) => names.has(String(series.readout))).flatMap((series) => {
    const unit = String(series.unit ?? spec.unit);
    const factor = unit === spec.unit ? 1 : PER_UNIT[`${unit}>${spec.unit}`];
    if (factor === undefined || !Array.isArray(series.points)) return [];
    return (series.points as Record<string, unknown>[]).flatMap((point) => {
      const low = quantity(point.low ?? point.value).value * factor, high = quantity(point.high ?? point.value).value * factor;
      const time = days(point.time);
      return Number.isFinite(low + high + time) ? [{ time, low, high }] : [];
    });
  });
}

function frameOf(run: Run, spec: ChartSpec): Frame {
  const { zoom, time } = view.get();
  const { loaded } = session.get();
  const first = run.times[0]!, last = run.times[run.times.length - 1]!;
  const bands = band.get();
  const quantiles = spec.curves.length === 1 ? bands.quantiles[spec.curves[0]!.name] : undefined;
  return {
    current: curvesIn(run, spec),
    frozen: kept.get().runs.map((one) => curvesIn(one.run, spec)),
    band: view.get().band && bands.times && quantiles ? { times: bands.times, quantiles } : null,
    doses: loaded ? givenIn(run.doc, loaded.tables).map((dose) => ({ time: dose.start, end: dose.end, colour: dose.colour })) : [],
    observed: observedIn(run.doc, spec),
    range: zoom ? [Math.max(zoom[0], first), Math.min(zoom[1], last)] : [first, last],
    time,
  };
}

export function ChartCard({ spec, level = 3 }: { spec: ChartSpec; level?: 2 | 3 }) {
  const host = useRef<HTMLDivElement>(null);
  const reading = useRef<HTMLSpanElement>(null);
  const chart = useRef<ChartView | null>(null);
  const log = useStore(view, (v) => v.log) || spec.log;
  useEffect(() => {
    const element = host.current!;
    const made = new ChartView(element, {
      curves: spec.curves, limits: spec.limits, log, top: spec.top, unseen: spec.unseen, syncKey: "time",
      onZoom: (from, to) => {
        view.set({ zoom: [from, to] });
        requestRun();
      },
      onTime: (time) => view.set({ time }),
      onCursor: (index) => read(reading.current, spec, index),
    });
    chart.current = made;
    const paint = (): void => {
      const { run } = shown.get();
      if (run) made.draw(frameOf(run, spec));
    };
    paint();
    const stops = [paintWith(paint), kept.follow(paint), band.follow(paint), view.follow(() => made.overlay(view.get().time))];
    const sizes = new ResizeObserver(() => made.resize(element.clientWidth, element.clientHeight));
    sizes.observe(element);
    const repaint = (): void => made.repaint();
    window.addEventListener("immunosim-palette", repaint);
    return () => {
      stops.forEach((stop) => stop());
      sizes.disconnect();
      window.removeEventListener("immunosim-palette", repaint);
      made.destroy();
    };
  }, [spec, log]);
  const Heading = `h${level}` as "h3";
  const id = `chart-${spec.id.replace(/\W/g, "-")}`;
  return (
    <figure class="chart" aria-labelledby={id} data-chart={spec.id}>
      <figcaption>
        <Heading id={id}>{spec.title}</Heading>
        <span class="unit">{log && !spec.log ? `${unitText(spec.unit)} (log)` : unitText(spec.unit)}</span>
        <span class="reading" ref={reading} />
      </figcaption>
      {spec.curves.length > 1 && <Key spec={spec} />}
      <div class="plot" ref={host} aria-hidden="true" />
      <Words spec={spec} />
    </figure>
  );
}

/** Write the values under the pointer into the caption. */
function read(element: HTMLElement | null, spec: ChartSpec, index: number | null): void {
  const { run } = shown.get();
  if (!element) return;
  if (index === null || !run || index >= run.times.length) {
    element.textContent = "";
    return;
  }
  const values = curvesIn(run, spec).columns.map((column) => number(column[index]!)).slice(0, 3);
  element.textContent = `${timeText(run.times[index]!)}: ${values.join(" · ")}`;
}

function Key({ spec }: { spec: ChartSpec }) {
  return (
    <ul class="key">
      {spec.curves.map((curve) => (
        <li key={curve.name} class={`swatch curve-${curve.colour}${curve.dashed ? " dashed" : ""}`}>{curve.label}</li>
      ))}
    </ul>
  );
}

/** What the curves do, in words, renewed when a move has come to rest; and the table, made when it is opened. */
function Words({ spec }: { spec: ChartSpec }) {
  const [run, setRun] = useState(shown.get().run);
  const [open, setOpen] = useState(false);
  useEffect(() => afterMove(() => setRun(shown.get().run)), []);
  if (!run) return null;
  const { zoom } = view.get();
  const { times, columns } = curvesIn(run, spec);
  const words = spec.curves.map((curve, n) => wordsOf(spec, curve, times, columns[n]!, zoom));
  const isOne = words.length === 1;
  return (
    <>
      {isOne && <p class="words">{words[0]}</p>}
      <details class="data" onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
        <summary>{isOne ? t("table") : t("wordsAndTable")}<span class="hidden-text">: {t("tableOf", { what: spec.title })}</span></summary>
        {open && !isOne && <ul class="words">{words.map((line) => <li key={line}>{line}</li>)}</ul>}
        {open && <DataTable spec={spec} run={run} />}
      </details>
    </>
  );
}

function DataTable({ spec, run }: { spec: ChartSpec; run: Run }) {
  const runs = useStore(kept, (k) => k.runs);
  const zoom = useStore(view, (v) => v.zoom);
  useStore(scenario, (s) => s.doc);
  const all = [{ name: "", run }, ...runs];
  const columns = all.flatMap((one) => {
    const { times, columns: values } = curvesIn(one.run, spec);
    return spec.curves.map((curve, n) => ({ head: one.name ? `${curve.label} (${one.name})` : curve.label, times, values: values[n]! }));
  });
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t("tableOf", { what: spec.title })}>
      <table>
        <thead>
          <tr><th scope="col">{t("time")}</th>{columns.map((column) => <th scope="col" key={column.head}>{column.head}{unitText(spec.unit) && `, ${unitText(spec.unit)}`}</th>)}</tr>
        </thead>
        <tbody>
          {tableTimes(run.times[0]!, run.times[run.times.length - 1]!, zoom).map((time) => (
            <tr key={time}><th scope="row">{timeText(time)}</th>{columns.map((column) => <td key={column.head}>{number(at(column.times, column.values, time))}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
