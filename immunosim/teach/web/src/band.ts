// Patients of a population: traits drawn independently, log-normal, each multiplying parameters of the typical patient.

export interface Trait {
  name: string;
  multiplies: string[];
  /** Standard deviation of the logarithm. */
  sd: number;
  /** Whether the mean, and not the median, is the typical value. */
  keeps_mean?: boolean;
}

/** A generator of uniform numbers in (0, 1) with a seed: the same patients at every move, so that bands do not flicker. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/** Standard normal numbers, by Box and Muller. */
function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
}

/** Parameters of n patients: typical values times their traits. */
export function draw(traits: readonly Trait[], typical: Record<string, number>, n: number, seed: number): Record<string, number>[] {
  const next = normal(seed);
  return Array.from({ length: n }, () => {
    const parameters: Record<string, number> = {};
    for (const trait of traits) {
      const factor = Math.exp(trait.sd * next() - (trait.keeps_mean ? (trait.sd * trait.sd) / 2 : 0));
      for (const name of trait.multiplies) if (name in typical) parameters[name] = (parameters[name] ?? typical[name]!) * factor;
    }
    return parameters;
  });
}
