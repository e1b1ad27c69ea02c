// Numbers and times as a reader wants them; nothing here knows the model.
import { language, t } from "../text";

export const DAYS_PER_MONTH = 30.4375;
export const DAYS_PER_YEAR = 365.25;

/** A number with about three significant digits, in the page's language. */
export function number(given: number, digits = 3): string {
  if (!Number.isFinite(given)) return "–";
  const value = given === 0 ? 0 : given; // no "-0"
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(digits - 1).replace("e+", "e");
  const decimals = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toLocaleString(language(), { maximumFractionDigits: Math.min(decimals, 8), maximumSignificantDigits: size >= 100 ? Math.max(digits, Math.floor(Math.log10(size)) + 1) : digits });
}

/** A unit for a reader; "1" is none. */
export function unitText(unit: string): string {
  return unit === "1" ? "" : unit.replace("1e9/L", "×10⁹/L").replace(/\buL\b/, "µL").replace(/\bug\b/, "µg");
}

/** A value with its unit. */
export function withUnit(value: number, unit: string): string {
  const text = unitText(unit);
  return text ? `${number(value)} ${text}` : number(value);
}

/** A time for a sentence: "on day 12" within two months, "in month 14" later. */
export function when(days: number): string {
  if (Math.abs(days) < 2 * DAYS_PER_MONTH) return t("onDay", { day: number(days, 2) });
  return t("inMonth", { month: number(days / DAYS_PER_MONTH, 3) });
}

/** A duration for a sentence. */
export function duration(days: number): string {
  if (days < 2 * DAYS_PER_MONTH) return `${number(days, 2)} ${t("days")}`;
  return `${number(days / DAYS_PER_MONTH, 2)} ${t("months")}`;
}

/** A number that somebody typed, with a comma or a point; NaN where it is none. */
export function typed(text: string): number {
  const plain = text.trim().replace(/[\s_]/g, "").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** A value without the noise of binary fractions: 0.30000000000000004 becomes 0.3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
