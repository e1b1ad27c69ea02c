// One chart: uPlot draws axes and curves, this module what lies under and over them (limits, doses, bands, kept runs,
// observed counts, the time looked at). It knows no scenario and no model.
import uPlot from "uplot";
import { t } from "../text";
import { DAYS_PER_MONTH, number } from "./format";
import { palette } from "./palette";
import { extent, inMonths, timeTicks, valueRange } from "./scale";

export interface CurveStyle {
  label: string;
  colour: number;
  dashed: boolean;
}

export interface Limit {
  value: number;
  kind: "lower" | "severe" | "detection";
}

/** Curves of one run, each with its own times. */
export interface CurveData {
  times: Float64Array;
  columns: Float64Array[];
}

/** Quantiles of virtual patients of the first curve: 5, 25, 50, 75, 95 %. */
export interface BandData {
  times: Float64Array;
  quantiles: Float64Array[];
}

export interface Observed {
  time: number;
  low: number;
  high: number;
}

export interface DoseMark {
  time: number;
  end: number;
  colour: number;
}

export interface Frame {
  current: CurveData;
  frozen: CurveData[];
  band: BandData | null;
  doses: DoseMark[];
  observed: Observed[];
  range: [number, number];
  time: number | null;
}

export interface ChartOptions {
  curves: CurveStyle[];
  limits: Limit[];
  log: boolean;
  top: [number, number] | null;
  /** A logarithmic axis ends here. */
  unseen: number;
  syncKey: string;
  onZoom(from: number, to: number): void;
  onTime(time: number): void;
  onCursor(index: number | null): void;
}

const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3], [4, 2]];
const FROZEN_DASHES = [[5, 3], [2, 2], [9, 3, 2, 3], [12, 4]];
const Y_SIZE = 50;

export class ChartView {
  private readonly plot: uPlot;
  private frame: Frame | null = null;
  private width = 0;
  private height = 0;

  constructor(host: HTMLElement, private readonly options: ChartOptions) {
    this.width = Math.max(host.clientWidth, 120);
    this.height = Math.max(host.clientHeight, 90);
    this.plot = new uPlot(this.plotOptions(), [[0], ...options.curves.map(() => [0])] as uPlot.AlignedData, host);
  }

  /** Draw a frame: the fast path of a move, once for every chart. */
  draw(frame: Frame): void {
    this.frame = frame;
    const { current, range } = frame;
    const y = this.yRange(frame);
    this.plot.batch(() => {
      this.plot.setData([current.times, ...this.drawable(current, y[0])] as unknown as uPlot.AlignedData, false);
      this.plot.setScale("x", { min: range[0], max: range[1] });
      this.plot.setScale("y", { min: y[0], max: y[1] });
    });
  }

  /** Draw again what is over the curves. */
  overlay(time: number | null): void {
    if (!this.frame) return;
    this.frame.time = time;
    this.plot.redraw(false, false);
  }

  resize(width: number, height: number): void {
    if (width < 60 || height < 40 || (width === this.width && height === this.height)) return;
    this.width = width;
    this.height = height;
    this.plot.setSize({ width, height });
  }

  repaint(): void {
    this.plot.redraw(true, true);
  }

  destroy(): void {
    this.plot.destroy();
  }

  private drawable(data: CurveData, floor: number): Float64Array[] {
    if (!this.options.log) return data.columns;
    return data.columns.map((column) => column.map((value) => Math.max(value, floor)));
  }

  private yRange(frame: Frame): [number, number] {
    const [from, to] = frame.range;
    const all = extent(frame.current.times, frame.current.columns, from, to);
    const more = frame.frozen.map((run) => extent(run.times, run.columns, from, to));
    if (frame.band) more.push(extent(frame.band.times, [frame.band.quantiles[0]!, frame.band.quantiles[4]!], from, to));
    for (const part of more) {
      all.low = Math.min(all.low, part.low);
      all.high = Math.max(all.high, part.high);
      all.least = Math.min(all.least, part.least);
    }
    for (const point of frame.observed) if (point.time >= from && point.time <= to) all.high = Math.max(all.high, point.high);
    if (this.options.top && !this.options.log) {
      const [least, most] = this.options.top;
      return [0, Math.min(most, Math.max(least, valueRange(0, all.high, all.least, false, [])[1]))];
    }
    const least = this.options.unseen > 0 ? Math.max(all.least, this.options.unseen) : all.least;
    return valueRange(all.low, all.high, least, this.options.log, this.options.limits.map((limit) => limit.value));
  }

  private plotOptions(): uPlot.Options {
    const { curves, log, syncKey } = this.options;
    return {
      width: this.width, height: this.height, padding: [8, 10, 0, 0], legend: { show: false },
      cursor: { sync: { key: syncKey, setSeries: false }, drag: { x: true, y: false, setScale: false }, points: { show: false }, y: false },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: { x: { time: false, auto: false }, y: { auto: false, distr: log ? 3 : 1 } },
      axes: [this.timeAxis(), this.valueAxis()],
      series: [{}, ...curves.map((curve) => this.series(curve))],
      hooks: {
        drawClear: [(u) => this.under(u)],
        draw: [(u) => this.over(u)],
        setSelect: [(u) => this.selected(u)],
        setCursor: [(u) => this.options.onCursor(u.cursor.left !== undefined && u.cursor.left >= 0 ? (u.cursor.idx ?? null) : null)],
        ready: [(u) => u.over.addEventListener("click", () => this.clicked(u))],
      },
    };
  }

  private series(curve: CurveStyle): uPlot.Series {
    return {
      label: curve.label, width: 2, points: { show: false }, stroke: () => palette().curves[curve.colour]!,
      dash: curve.dashed ? DASHES[1]! : [],
    };
  }

  private timeAxis(): uPlot.Axis {
    return {
      stroke: () => palette().muted, grid: { stroke: () => palette().grid, width: 1 }, ticks: { show: false }, size: 34, gap: 2,
      font: palette().font, label: "", labelSize: 0,
      splits: (u, _axis, min, max) => timeTicks(min, max, Math.max(3, u.bbox.width / devicePixelRatio / 48)),
      values: (_u, splits) => this.timeLabels(splits),
    };
  }

  private timeLabels(splits: number[]): string[] {
    const range = this.frame?.range ?? [0, 1];
    const months = inMonths(range[0], range[1]);
    const labels = splits.map((day) => number(months ? day / DAYS_PER_MONTH : day));
    const middle = Math.floor(labels.length / 2);
    return labels.map((label, i) => (i === middle ? `${label}\n${months ? t("axisMonths") : t("axisDays")}` : label));
  }

  private valueAxis(): uPlot.Axis {
    return {
      stroke: () => palette().muted, grid: { stroke: () => palette().grid, width: 1 }, ticks: { show: false }, size: Y_SIZE, gap: 4,
      font: palette().font, space: 34,
      ...(this.options.log ? { splits: (_u: uPlot, _axis: number, min: number, max: number) => decades(min, max), filter: (_u: uPlot, splits: number[]) => splits } : {}),
      values: (_u, splits) => splits.map((value) => number(value)),
    };
  }

  private selected(u: uPlot): void {
    const { left, width } = u.select;
    if (width < 8) return;
    const from = u.posToVal(left, "x"), to = u.posToVal(left + width, "x");
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.options.onZoom(from, to);
  }

  private clicked(u: uPlot): void {
    if (u.cursor.left !== undefined && u.cursor.left >= 0) this.options.onTime(u.posToVal(u.cursor.left, "x"));
  }

  /** Below the curves: the limits of normal as bands, the virtual patients, the doses. */
  private under(u: uPlot): void {
    if (!this.frame) return;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.limitBands(u);
    if (this.frame.band) this.patients(u, this.frame.band);
    this.doseMarks(u, this.frame.doses);
    ctx.restore();
  }

  private limitBands(u: uPlot): void {
    const { ctx, bbox } = u;
    const bottom = bbox.top + bbox.height;
    for (const limit of this.options.limits) {
      const y = Math.min(Math.max(u.valToPos(limit.value, "y", true), bbox.top - 4), bottom + 4);
      ctx.fillStyle = limit.kind === "severe" ? palette().severe : palette().limit;
      ctx.globalAlpha = limit.kind === "detection" ? 0.6 : 1;
      ctx.fillRect(bbox.left, y, bbox.width, bottom - y);
      ctx.globalAlpha = 1;
      ctx.strokeStyle = palette().muted;
      ctx.lineWidth = 1;
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.setLineDash([]);
    }
  }

  private patients(u: uPlot, band: BandData): void {
    const { ctx } = u;
    ctx.fillStyle = palette().curves[this.options.curves[0]!.colour]!;
    for (const [low, high, alpha] of [[0, 4, 0.14], [1, 3, 0.2]] as const) {
      ctx.globalAlpha = alpha;
      ctx.beginPath();
      this.trace(u, band.times, band.quantiles[high]!, false);
      this.trace(u, band.times, band.quantiles[low]!, true);
      ctx.closePath();
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  }

  /** Add a curve to the path, from left to right or back. */
  private trace(u: uPlot, times: Float64Array, values: Float64Array, back: boolean): void {
    const floor = u.scales.y!.min ?? 0;
    for (let k = 0; k < times.length; k++) {
      const i = back ? times.length - 1 - k : k;
      const x = u.valToPos(times[i]!, "x", true);
      const y = u.valToPos(this.options.log ? Math.max(values[i]!, floor) : values[i]!, "y", true);
      if (k === 0 && !back) u.ctx.moveTo(x, y);
      else u.ctx.lineTo(x, y);
    }
  }

  private doseMarks(u: uPlot, doses: DoseMark[]): void {
    const { ctx, bbox } = u;
    for (const dose of doses) {
      const x = u.valToPos(dose.time, "x", true), end = u.valToPos(dose.end, "x", true);
      if (end < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.fillStyle = palette().curves[dose.colour] ?? palette().dose;
      const height = 7 * devicePixelRatio, half = 4 * devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x - half, bbox.top);
      ctx.lineTo(Math.max(end, x) + half, bbox.top);
      ctx.lineTo(Math.max(end, x), bbox.top + height);
      ctx.lineTo(x, bbox.top + height);
      ctx.closePath();
      ctx.fill();
      ctx.globalAlpha = 0.1;
      ctx.fillRect(x, bbox.top, Math.max(end - x, devicePixelRatio), bbox.height);
      ctx.globalAlpha = 1;
    }
  }

  /** Above the curves: kept runs, observed counts, the time looked at. */
  private over(u: uPlot): void {
    if (!this.frame) return;
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    this.keptRuns(u, this.frame.frozen);
    this.observedCounts(u, this.frame.observed);
    if (this.frame.time !== null) {
      const x = Math.round(u.valToPos(this.frame.time, "x", true)) + 0.5;
      ctx.strokeStyle = palette().time;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([2, 3]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
    }
    ctx.restore();
  }

  private keptRuns(u: uPlot, runs: CurveData[]): void {
    const { ctx } = u;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    runs.forEach((run, r) => {
      ctx.setLineDash(FROZEN_DASHES[r % FROZEN_DASHES.length]!.map((part) => part * devicePixelRatio));
      run.columns.forEach((column, c) => {
        ctx.strokeStyle = this.options.curves.length > 1 ? palette().curves[this.options.curves[c]!.colour]! : palette().text;
        ctx.globalAlpha = 0.75;
        ctx.beginPath();
        this.trace(u, run.times, column, false);
        ctx.stroke();
      });
    });
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  private observedCounts(u: uPlot, points: Observed[]): void {
    const { ctx } = u;
    ctx.strokeStyle = palette().text;
    ctx.fillStyle = palette().paper;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const point of points) {
      const x = u.valToPos(point.time, "x", true);
      const low = u.valToPos(point.low, "y", true), high = u.valToPos(point.high, "y", true);
      ctx.beginPath();
      if (point.high > point.low) {
        ctx.moveTo(x, low);
        ctx.lineTo(x, high);
        ctx.stroke();
      }
      ctx.beginPath();
      ctx.arc(x, (low + high) / 2, 3.2 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
    }
  }
}

/** The powers of ten of a logarithmic axis, every second one where there are many. */
function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
  const step = last - first > 4 ? 2 : 1;
  const powers: number[] = [];
  for (let power = first; power <= last; power += step) powers.push(10 ** power);
  return powers;
}
