// Gains and losses of a pool, stacked over time, as plain SVG.
import { t } from "../text";
import type { Contribution } from "./flows";
import { DAYS_PER_MONTH, number } from "./format";
import { useNarrow } from "./media";
import { inMonths, roundUp, timeTicks } from "./scale";

const HEIGHT = 300, LEFT = 58, RIGHT = 8, TOP = 8, BOTTOM = 30;

interface Props {
  parts: Contribution[];
  times: number[];
  range: [number, number];
  time: number;
  title: string;
}

export function Stack({ parts, times, range, time, title }: Props) {
  const width = useNarrow() ? 400 : 720;
  const { gains, losses, net } = stacked(parts, times.length);
  const above = gains.at(-1)?.upper ?? [0], below = (losses.at(-1)?.upper ?? [0]).map(Math.abs);
  const cut = usual(times, above.map((value, i) => Math.max(value, below[i] ?? 0)));
  const top = roundUp(Math.max(Math.min(Math.max(...above), cut), 1e-300));
  const bottom = -roundUp(Math.max(Math.min(Math.max(...below), cut), 1e-300));
  const isCut = Math.max(...above) > top || Math.max(...below) > -bottom;
  const x = (day: number): number => LEFT + ((day - range[0]) / (range[1] - range[0] || 1)) * (width - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((top - value) / (top - bottom || 1)) * (HEIGHT - TOP - BOTTOM);
  const months = inMonths(range[0], range[1]);
  return (
    <>
    <svg class="stack" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={title}>
      {timeTicks(range[0], range[1], width / 70).map((day) => (
        <g key={day} class="tick"><line x1={x(day)} x2={x(day)} y1={TOP} y2={HEIGHT - BOTTOM} /><text x={x(day)} y={HEIGHT - BOTTOM + 14} text-anchor="middle">{number(months ? day / DAYS_PER_MONTH : day)}</text></g>
      ))}
      <text class="axis" x={width - RIGHT} y={HEIGHT - 2} text-anchor="end">{months ? t("axisMonths") : t("axisDays")}</text>
      {[bottom, 0, top].filter((value) => value === 0 || Math.abs(y(value) - y(0)) > 14).map((value) => (
        <g key={value} class={`tick${value === 0 ? " zero" : ""}`}><line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} /><text x={LEFT - 6} y={y(value) + 4} text-anchor="end">{number(value)}</text></g>
      ))}
      <clipPath id="stack-room"><rect x={LEFT} y={TOP} width={width - LEFT - RIGHT} height={HEIGHT - TOP - BOTTOM} /></clipPath>
      <g clip-path="url(#stack-room)">
      {[...gains, ...losses].map((layer) => (
        <path key={`${layer.place}${layer.side}`} class={`layer layer-${layer.place}`} d={areaPath(times, layer.lower, layer.upper, x, y)}><title>{parts[layer.place]!.label}</title></path>
      ))}
      <path class="net" d={linePath(times, net, x, y)} />
      </g>
      <line class="time" x1={x(time)} x2={x(time)} y1={TOP} y2={HEIGHT - BOTTOM} />
    </svg>
    {isCut && <p class="note">{t("cutOff")}</p>}
    </>
  );
}

/** Four times what is reached in nine tenths of the time: what happens in the hours after a dose would hide the rest. */
function usual(times: number[], sizes: number[]): number {
  const spans = sizes.map((size, i) => ({ size, span: i > 0 ? times[i]! - times[i - 1]! : 0 })).sort((a, b) => a.size - b.size);
  const whole = spans.reduce((sum, { span }) => sum + span, 0);
  let passed = 0;
  for (const { size, span } of spans) {
    passed += span;
    if (passed >= 0.9 * whole) return size > 0 ? 4 * size : Infinity;
  }
  return Infinity;
}

interface Layer {
  place: number;
  side: "gain" | "loss";
  lower: number[];
  upper: number[];
}

/** Layers above and below zero, and the sum of all. */
function stacked(parts: Contribution[], n: number): { gains: Layer[]; losses: Layer[]; net: number[] } {
  const net = new Array<number>(n).fill(0);
  const layersOf = (side: "gain" | "loss", sign: number): Layer[] => {
    let before = new Array<number>(n).fill(0);
    return parts.flatMap((part, place) => {
      if (!part.values.some((value) => value * sign > 0)) return [];
      const lower = before;
      const upper = lower.map((value, i) => value + (part.values[i]! * sign > 0 ? part.values[i]! : 0));
      before = upper;
      return [{ place, side, lower, upper }];
    });
  };
  for (const part of parts) part.values.forEach((value, i) => (net[i]! += value));
  return { gains: layersOf("gain", 1), losses: layersOf("loss", -1), net };
}

function linePath(times: number[], values: number[], x: (day: number) => number, y: (value: number) => number): string {
  return values.map((value, i) => `${i === 0 ? "M" : "L"}${x(times[i]!).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}

function areaPath(times: number[], lower: number[], upper: number[], x: (day: number) => number, y: (value: number) => number): string {
  const back = lower.map((value, i) => `L${x(times[i]!).toFixed(1)} ${y(value).toFixed(1)}`).reverse().join("");
  return `${linePath(times, upper, x, y)}${back}Z`;
}
