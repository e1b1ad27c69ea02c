// What went wrong with a scenario, for a reader.
import type { Fault } from "./state";

export function faultOf(error: unknown): Fault {
  if (error !== null && typeof error === "object" && "reason" in error) {
    const { key, reason, cure } = error as { key?: unknown; reason: unknown; cure?: unknown };
    return { key: String(key ?? ""), reason: String(reason), cure: String(cure ?? "") };
  }
  return { key: "", reason: error instanceof Error ? error.message : String(error), cure: "" };
}
