// Which model and scenario an address asks for.
import type { Lesson } from "../lessons/record";
import type { ScenarioDocument } from "../model";
import { scenarioIn } from "./address";
import { faultOf } from "./faults";
import { globals, scenariosOf, standardOf, type Wish } from "./models";

export interface Opening {
  model: string;
  wish: Wish;
  problem: string;
}

/** Every scenario that a link may start from, by name; "" is the lesson's, or the standard one of the first model. */
function basesOf(lesson: Lesson | undefined): Record<string, ScenarioDocument> {
  const bases: Record<string, ScenarioDocument> = {};
  for (const { tables } of Object.values(globals().models ?? {})) {
    Object.assign(bases, scenariosOf(tables));
    bases[""] ??= standardOf(tables).base;
  }
  if (lesson) bases[""] = lesson.base;
  return bases;
}

/** What an address asks for; what cannot be read is the standard scenario, with the reason. */
export function openingOf(rest: string, lesson: Lesson | undefined): Opening {
  const first = Object.keys(globals().models ?? {})[0] ?? "";
  const usual: Opening = { model: lesson?.model ?? first, wish: lesson ? { base: lesson.base, of: lesson.id } : {}, problem: "" };
  if (!rest) return usual;
  try {
    const bases = basesOf(lesson);
    const found = scenarioIn(rest, bases);
    if (!found) return usual;
    const model = String(found.doc.model ?? usual.model);
    if (!Object.hasOwn(globals().models ?? {}, model)) return usual;
    const base = bases[found.base]!;
    return { model, wish: { base, name: found.base, doc: found.doc, start: base, of: lesson?.id ?? "" }, problem: "" };
  } catch (error) {
    return { ...usual, problem: faultOf(error).reason };
  }
}
