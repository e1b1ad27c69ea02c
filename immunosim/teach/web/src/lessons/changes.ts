// Changes of a scenario down to single values.

/** The keys of changes: a table that the base has not is every value in it. */
export function leaves(changes: Record<string, unknown>): string[] {
  return Object.entries(changes).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value) ? leaves(value as Record<string, unknown>).map((below) => `${key}.${below}`) : [key],
  );
}
