// Colours of curves, read from the style sheet so that light, dark and print each have their own.

export const CURVES = ["blue", "vermilion", "green", "purple", "orange"] as const;

/** Okabe and Ito's colours carry the curves; dashes carry them too, for those who see no colours and for print. */
export interface Palette {
  curves: string[];
  text: string;
  muted: string;
  grid: string;
  limit: string;
  severe: string;
  dose: string;
  time: string;
  paper: string;
  font: string;
}

let current: Palette | null = null;

export function forgetPalette(): void {
  current = null;
}

export function palette(): Palette {
  if (current) return current;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(name).trim();
  current = {
    curves: CURVES.map((name) => read(`--curve-${name}`)),
    text: read("--text"),
    muted: read("--muted"),
    grid: read("--grid"),
    limit: read("--limit"),
    severe: read("--severe"),
    dose: read("--dose"),
    time: read("--accent"),
    paper: read("--paper"),
    font: `12px ${read("--font") || "system-ui, sans-serif"}`,
  };
  return current;
}
