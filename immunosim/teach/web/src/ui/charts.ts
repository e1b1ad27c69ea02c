// Which charts there are: read-outs that a clinic measures one by one, everything else in groups, and pools by their names.
import type { ModelTables } from "../model";
import { CURVES } from "./palette";
import type { Limit } from "./chart";

export interface Curve {
  kind: "readout" | "pool";
  name: string;
  index: number;
  label: string;
  colour: number;
  dashed: boolean;
}

export interface ChartSpec {
  id: string;
  title: string;
  unit: string;
  side: "clinic" | "hidden";
  curves: Curve[];
  limits: Limit[];
  top: [number, number] | null;
  /** Whether its own scale is logarithmic, whatever the page's is. */
  log: boolean;
  /** Values of less than this are nothing to see: what nobody sees of a score, a hundredth of an assay's limit. */
  unseen: number;
}

interface ReadoutLike {
  name: string;
  label: string;
  unit: string;
  group?: string;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function colourOf(name: string | undefined, fallback: number): number {
  const place = CURVES.indexOf((name ?? "") as (typeof CURVES)[number]);
  return place >= 0 ? place : fallback % CURVES.length;
}

/** All charts of a model, the usual ones first. */
export class Catalogue {
  readonly charts: ChartSpec[];
  private readonly byId: Map<string, ChartSpec>;

  constructor(private readonly tables: ModelTables) {
    const singles = tables.readouts.map((readout, index) => this.single(readout, index));
    this.charts = [...singles.filter((chart) => chart.side === "clinic"), ...this.tissue(), ...this.cytokines(), ...this.grouped(), ...singles.filter((chart) => chart.side === "hidden"), ...this.pools()];
    this.byId = new Map(this.charts.map((chart) => [chart.id, chart]));
  }

  /** A chart by its id; the name of a read-out or of a pool is one. */
  find(id: string): ChartSpec | undefined {
    return this.byId.get(id) ?? this.byId.get(`pool.${id}`);
  }

  /** Charts of ids; those that do not exist are left out. */
  of(ids: readonly string[]): ChartSpec[] {
    return ids.flatMap((id) => this.find(id) ?? []);
  }

  /** What is shown before anybody chose. */
  get usual(): string[] {
    const clinic = this.charts.filter((chart) => chart.side === "clinic").map((chart) => chart.id).slice(0, 6);
    const groups = this.charts.filter((chart) => chart.id.startsWith("group.")).map((chart) => chart.id);
    const pools = this.charts.filter((chart) => /^(tissue|cytokines)\./.test(chart.id)).map((chart) => chart.id);
    return [...clinic, ...pools.slice(0, 2), ...groups.slice(0, 8)];
  }

  /** Cells in tissue, five to a chart: a count in blood does not see them. */
  private tissue(): ChartSpec[] {
    const found = this.tables.pools.flatMap((pool, index) => (/ in tissue$/.test(pool.label) && !/mg/.test(pool.unit) ? [{ pool, index }] : []));
    const charts: ChartSpec[] = [];
    for (let n = 0; n < found.length; n += CURVES.length) charts.push(this.several(`tissue.${n / CURVES.length + 1}`, found.slice(n, n + CURVES.length)));
    return charts;
  }

  private cytokines(): ChartSpec[] {
    const found = this.tables.pools.flatMap((pool, index) => (pool.mechanism === "cytokines" ? [{ pool, index }] : []));
    return found.length > 1 ? [this.several("cytokines.1", found.slice(0, CURVES.length))] : [];
  }

  /** One chart of several pools of the same unit. */
  private several(id: string, members: { pool: ModelTables["pools"][number]; index: number }[]): ChartSpec {
    const labels = members.map(({ pool }) => pool.label);
    const ending = labels.every((label) => label.endsWith(" in tissue")) ? " in tissue" : "";
    const short = labels.map((label) => label.slice(0, label.length - ending.length));
    return {
      id, title: capital(`${ending ? `${commonWords(short)}${ending}` : short.join(", ")}`), unit: members[0]!.pool.unit, side: "hidden", limits: [], top: null, log: false, unseen: 0,
      curves: members.map(({ pool, index }, n) => ({ kind: "pool" as const, name: pool.name, index, label: short[n]!, colour: n, dashed: n > 2 })),
    };
  }

  private single(readout: ModelTables["readouts"][number], index: number): ChartSpec {
    const kind = this.kindOf(readout);
    const isCount = kind === "count";
    return {
      id: readout.name, title: readout.title || capital(readout.label), unit: readout.unit, side: isCount ? "clinic" : "hidden",
      curves: [{ kind: "readout", name: readout.name, index, label: readout.curve || readout.short || readout.label, colour: colourOf(readout.colour, 0), dashed: false }],
      limits: limitsOf(readout), top: topOf(readout), log: kind === "level", unseen: unseenOf(readout),
    };
  }

  private kindOf(readout: ReadoutLike): string {
    return (readout.group && this.tables.groups[readout.group]?.kind) || "";
  }

  /** A chart for each group that a clinic does not count. */
  private grouped(): ChartSpec[] {
    return Object.entries(this.tables.groups).flatMap(([name, group]) => {
      if (group.kind === "count") return [];
      const members = this.tables.readouts.map((readout, index) => ({ readout, index })).filter(({ readout }) => readout.group === name);
      if (members.length === 0) return [];
      const first = members[0]!.readout;
      return [{
        id: `group.${name}`, title: group.title, unit: first.unit, side: "hidden" as const, top: topOf(first), log: group.kind === "level", unseen: unseenOf(first),
        limits: members.flatMap(({ readout }) => limitsOf(readout)),
        curves: members.map(({ readout, index }, n) => ({
          kind: "readout" as const, name: readout.name, index, label: readout.curve || readout.short || readout.label,
          colour: colourOf(readout.colour, n), dashed: Boolean(readout.is_dashed),
        })),
      }];
    });
  }

  private pools(): ChartSpec[] {
    const drawn = new Set(this.tables.readouts.map((readout) => readout.name));
    return this.tables.pools.flatMap((pool, index) => drawn.has(pool.name) ? [] : [{
      id: `pool.${pool.name}`, title: capital(pool.label), unit: pool.unit, side: "hidden" as const, limits: [], top: null, log: false, unseen: 0,
      curves: [{ kind: "pool" as const, name: pool.name, index, label: pool.label, colour: index % CURVES.length, dashed: false }],
    }]);
  }
}

function limitsOf(readout: ModelTables["readouts"][number]): Limit[] {
  const limits: Limit[] = [];
  if (readout.lower_limit != null) limits.push({ value: readout.lower_limit, kind: "lower" });
  if (readout.severe_limit != null) limits.push({ value: readout.severe_limit, kind: "severe" });
  if (readout.detection_limit != null) limits.push({ value: readout.detection_limit, kind: "detection" });
  return limits;
}

function unseenOf(readout: ModelTables["readouts"][number] & { unseen_below?: number }): number {
  return Math.max(readout.unseen_below ?? 0, (readout.detection_limit ?? 0) / 10);
}

function topOf(readout: ModelTables["readouts"][number]): [number, number] | null {
  return readout.top ? [readout.top[0]!, readout.top[1]!] : null;
}

/** The last words that most labels share, such as "T cells"; "cells" where they share none. */
function commonWords(labels: string[]): string {
  const ends = new Map<string, number>();
  for (const label of labels) {
    const end = label.split(" ").slice(-2).join(" ");
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  const [most, n] = [...ends].sort((a, b) => b[1] - a[1])[0] ?? ["", 0];
  return n > 1 ? most : "cells";
}
