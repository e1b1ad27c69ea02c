// The network as a drawing: pools as boxes that fill, flows as arrows that thicken. Places come from the model's diagram.
import type { ModelTables } from "../model";
import type { Run } from "../run";
import { t, type TextKey } from "../text";
import { loadedTables } from "./actions";
import { number, unitText, when } from "./format";
import { flowsAt, poolsOfLevel, statesAt, thickness, untreated, type Flow } from "./netflows";
import { view } from "./state";
import { useStore } from "./store";

type Layout = NonNullable<ModelTables["network"]>;
type Box = Layout["boxes"][number];

/** Millimetres: height of a box, length of an arrow that leads out of the drawing, margin. */
const HEIGHT = 7.4, OUT = 5, MARGIN = 8;

export function Network({ run, time, pool }: { run: Run; time: number; pool: string }) {
  const level = useStore(view, (v) => v.level);
  const tables = loadedTables();
  const layout = tables.network;
  if (!layout || layout.boxes.length === 0) return <p class="note">{t("noNetwork")}</p>;
  return (
    <div class="network-part">
      <div class="network-head">
        <h3>{t("network")} ({when(time)})</h3>
        <fieldset class="levels">
          <legend>{t("level")}</legend>
          {[1, 2, 3].map((one) => (
            <label key={one}><input type="radio" name="level" checked={level === one} onChange={() => view.set({ level: one })} /> {t(`level${one}` as TextKey)}</label>
          ))}
        </fieldset>
      </div>
      <p class="note">{t("networkIntro")}</p>
      <div class="network-scroll" tabIndex={0} role="region" aria-label={t("network")}><Drawing layout={layout} run={run} time={time} pool={pool} level={level} /></div>
      <ul class="key network-key">{layout.families.filter((family) => family.mechanisms.length > 0).map((family) => <li key={family.label} class={`swatch family-${family.colour}`}>{family.label}</li>)}</ul>
    </div>
  );
}

interface DrawingProps {
  layout: Layout;
  run: Run;
  time: number;
  pool: string;
  level: number;
}

function Drawing({ layout, run, time, pool, level }: DrawingProps) {
  const tables = loadedTables();
  const shown = poolsOfLevel(tables, level);
  const boxes = new Map(layout.boxes.filter((box) => shown.has(box.pool)).map((box) => [box.pool, box]));
  const flows = flowsAt(tables, run, time, level);
  const all = [...boxes.values()];
  const left = Math.min(...all.map((box) => box.x - box.width / 2)) - MARGIN, right = Math.max(...all.map((box) => box.x + box.width / 2)) + MARGIN;
  const bottom = Math.min(...all.map((box) => box.y)) - MARGIN - 4, top = Math.max(...all.map((box) => box.y)) + MARGIN + 4;
  const places = placesOf(flows);
  const amounts = statesAt(tables, run, time), before = untreated(tables, run);
  return (
    <svg class={`network level-${level}`} viewBox={`${left} ${-top} ${right - left} ${top - bottom}`} role="img" aria-label={`${t("network")}, ${when(time)}`}>
      <defs>
        {COLOURS.map((colour) => <marker key={colour} id={`head-${colour}`} class={`family-${colour}`} viewBox="0 0 4 4" refX="2.4" refY="2" markerWidth="2.6" markerHeight="2.6" orient="auto-start-reverse"><path d="M0 0L4 2L0 4z" /></marker>)}
      </defs>
      {layout.panels.filter((panel) => panelShows(panel, all)).map((panel) => (
        <g key={panel.title} class="net-panel"><rect x={panel.left} y={-panel.top} width={panel.right - panel.left} height={panel.top - panel.bottom} rx="2" /><text x={panel.left + 1.5} y={-panel.top + 4}>{panel.title}</text></g>
      ))}
      {layout.heads.filter((head) => head.x > left && head.x < right && head.y > bottom && head.y < top + 2).map((head) => <text key={head.text} class="net-head" x={head.x} y={-head.y} text-anchor="middle">{head.text}</text>)}
      {flows.map((flow) => <Arrow key={flow.key} flow={flow} boxes={boxes} places={places} />)}
      {all.map((box) => <PoolBox key={box.pool} box={box} isChosen={box.pool === pool} ratio={ratioOf(tables, box.pool, amounts, before)} />)}
    </svg>
  );
}

const COLOURS = ["blue", "vermilion", "green", "purple", "orange", "black", "grey"];

function panelShows(panel: Layout["panels"][number], boxes: Box[]): boolean {
  const inside = boxes.filter((box) => box.x > panel.left && box.x < panel.right && box.y > panel.bottom && box.y < panel.top);
  return inside.length > 0 && inside.length * 2 >= boxes.filter((box) => inside.includes(box)).length;
}

function ratioOf(tables: ModelTables, pool: string, amounts: Float64Array, before: Map<string, number>): number {
  return amounts[tables.pools.findIndex((one) => one.name === pool)]! / (before.get(pool) ?? 1);
}

function PoolBox({ box, isChosen, ratio }: { box: Box; isChosen: boolean; ratio: number }) {
  const lines = box.text.split("\n");
  const x = box.x - box.width / 2, y = -box.y - HEIGHT / 2;
  const pool = loadedTables().pools.find((one) => one.name === box.pool);
  return (
    <g class={`net-pool${isChosen ? " is-chosen" : ""}${ratio > 1.05 ? " is-above" : ""}`} onClick={() => view.set({ pool: box.pool })}>
      <title>{`${pool?.label ?? box.pool}: ${number(100 * ratio, 2)} %`}</title>
      <rect class="empty" x={x} y={y} width={box.width} height={HEIGHT} rx="1.2" />
      <rect class="full" x={x} y={y} width={box.width * Math.min(Math.max(ratio, 0), 1)} height={HEIGHT} rx="1.2" />
      <rect class="frame" x={x} y={y} width={box.width} height={HEIGHT} rx="1.2" />
      {lines.map((line, n) => <text key={line} x={box.x} y={-box.y + 1 + (n - (lines.length - 1) / 2) * 2.9} text-anchor="middle">{line}</text>)}
    </g>
  );
}

/** How many arrows leave or enter a box on its side, so that they stand beside each other. */
function placesOf(flows: Flow[]): Map<string, [number, number]> {
  const counts = new Map<string, string[]>();
  for (const flow of flows) {
    if (flow.source && flow.target) continue;
    const end = flow.source || flow.target;
    counts.set(end, [...(counts.get(end) ?? []), flow.key]);
  }
  return new Map([...counts.values()].flatMap((keys) => keys.map((key, n) => [key, [n, keys.length] as [number, number]])));
}

function Arrow({ flow, boxes, places }: { flow: Flow; boxes: Map<string, Box>; places: Map<string, [number, number]> }) {
  const path = pathOf(flow, boxes, places);
  const width = thickness(flow.share);
  if (!path) return null;
  const tables = loadedTables();
  const pool = tables.pools.find((one) => one.name === (flow.source || flow.target))!;
  return (
    <path class={`flow family-${flow.colour}${width === 0 ? " is-still" : ""}`} d={path} stroke-width={width || 0.2} marker-end={width > 0 ? `url(#head-${flow.colour})` : undefined}>
      <title>{t("flow", { label: flow.label, value: `${number(flow.rate)} ${unitText(pool.unit)}` })}</title>
    </path>
  );
}

/** From edge to edge of two boxes; or a short arrow into or out of one, on the side that the model's diagram keeps for it. */
function pathOf(flow: Flow, boxes: Map<string, Box>, places: Map<string, [number, number]>): string | null {
  const from = boxes.get(flow.source), to = boxes.get(flow.target);
  if (from && to) return between(from, to);
  const box = from ?? to;
  if (!box) return null;
  const [n, of] = places.get(flow.key) ?? [0, 1];
  const isAcross = box.side === "top" || box.side === "bottom";
  const room = isAcross ? box.width - 2 : HEIGHT - 1.4;
  const shift = of === 1 ? 0 : (n / (of - 1) - 0.5) * Math.min(room, (of - 1) * 2.6);
  const sign = box.side === "left" || box.side === "top" ? -1 : 1;
  const edge = isAcross ? -box.y + (sign * HEIGHT) / 2 : box.x + (sign * box.width) / 2;
  const outer = edge + sign * OUT, near = edge + sign * 0.9, tip = edge + sign * (OUT - 1);
  const at = (along: number): string => (isAcross ? `${box.x + shift} ${along}` : `${along} ${-box.y + shift}`);
  return to ? `M${at(outer)}L${at(near)}` : `M${at(edge)}L${at(tip)}`;
}

function between(from: Box, to: Box): string {
  const dx = to.x - from.x, dy = -to.y + from.y;
  const length = Math.hypot(dx, dy) || 1;
  // Two directions between the same boxes stand beside each other.
  const side = 1.3, ox = (-dy / length) * side, oy = (dx / length) * side;
  const start = edgeOf(from, dx, dy), end = edgeOf(to, -dx, -dy);
  return `M${(start.x + ox).toFixed(2)} ${(start.y + oy).toFixed(2)}L${(end.x + ox).toFixed(2)} ${(end.y + oy).toFixed(2)}`;
}

/** Where a line from the middle of a box in a direction leaves it, with a gap. */
function edgeOf(box: Box, dx: number, dy: number): { x: number; y: number } {
  const scale = Math.min(dx === 0 ? Infinity : (box.width / 2 + 0.8) / Math.abs(dx), dy === 0 ? Infinity : (HEIGHT / 2 + 0.8) / Math.abs(dy));
  return { x: box.x + dx * scale, y: -box.y + dy * scale };
}
