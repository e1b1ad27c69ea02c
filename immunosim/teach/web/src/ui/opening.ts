// Which model and scenario an address asks for.
import type { Lesson } from "../lessons/record";
import type { ScenarioDocument } from "../model";
import { scenarioIn } from "./address";
import { faultOf } from "./faults";
import { globals } from "./models";

export interface Opening {
  model: string;
  base: ScenarioDocument | undefined;
  doc: ScenarioDocument | undefined;
  problem: string;
}

/** Every scenario that a link may start from, by name: "" is the lesson's, a model's standard scenario has its own. */
export function basesOf(lesson: Lesson | undefined): Record<string, ScenarioDocument> {
  const bases: Record<string, ScenarioDocument> = {};
  for (const bundle of Object.values(globals().models ?? {})) {
    for (const [name, doc] of Object.entries(bundle.tables.scenarios ?? {})) bases[name] = doc as ScenarioDocument;
  }
  if (lesson) bases[""] = lesson.base;
  return bases;
}

export function scenarioOf(rest: string, lesson: Lesson | undefined): Opening {
  const first = Object.keys(globals().models ?? {})[0] ?? "";
  const usual: Opening = { model: lesson?.model ?? first, base: lesson?.base, doc: undefined, problem: "" };
  if (!rest) return usual;
  try {
    const found = scenarioIn(rest, basesOf(lesson));
    if (!found) return usual;
    const model = String((found.doc as { model?: unknown }).model ?? usual.model);
    return { model, base: basesOf(lesson)[found.base] ?? lesson?.base, doc: found.doc, problem: "" };
  } catch (error) {
    return { ...usual, problem: faultOf(error).reason };
  }
}
