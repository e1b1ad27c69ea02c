// Courses and other drugs as cards of knobs, with buttons that add and remove them.
import type { ModelTables } from "../model";
import { t } from "../text";
import { addEntry, loadedTables, removeEntry, removeKey, setKey } from "./actions";
import { days, entries, quantity, type Table } from "./doc";
import { keyOf } from "./doses";
import { DAYS_PER_MONTH, tidy } from "./format";
import { Knob, Toggle } from "./Knob";
import { scenario } from "./state";
import { useStore } from "./store";

type Drug = ModelTables["drugs"][number];

/** The usual dose of a drug in mg, from words such as "1 g a day" or "5 to 60 mg a day". */
function usualDose(drug: Drug): number {
  const found = [...`${drug.usual_dose ?? ""} ${drug.usual}`.matchAll(/([\d.]+)\s*(g|mg)\b/g)].at(-1);
  if (!found) return 10;
  return Number(found[1]) * (found[2] === "g" ? 1000 : 1);
}

function usualInfusion(drug: Drug): string {
  const { value, unit } = quantity(drug.usual_infusion || "1 h");
  return `${tidy(unit.startsWith("h") ? value / 24 : value)} day`;
}

/** A new entry of a drug: half a year after what is given last, a course a year after. */
function newEntry(drug: Drug, key: string, before: Table[]): Table {
  const last = before.at(-1);
  const gap = key === "course" ? 12 : 6;
  const start = `${tidy((last ? days(last.start ?? 0) : -gap * DAYS_PER_MONTH) + gap * DAYS_PER_MONTH)} day`;
  if (last) return { ...structuredClone(last), start, ...(last.stop === undefined ? {} : { stop: `${tidy(days(start) + days(last.stop) - days(last.start ?? 0))} day` }) };
  if (drug.given === "continuous") {
    const stop = `${tidy(12 * DAYS_PER_MONTH)} day`;
    return drug.takes_effect ? { start: "0.0 day", effect: 0.5, stop } : { start: "0.0 day", dose: `${usualDose(drug)} mg`, doses: 1, stop, times_per_day: drug.times_per_day ?? 1 };
  }
  const entry: Table = { start, dose: `${usualDose(drug)} mg`, doses: drug.volume_sets ? 1 : 3 };
  if (!drug.volume_sets) entry.every = "1.0 day";
  if (drug.volume_sets) entry.volume = "3.0 mL";
  if (drug.given === "infusion") entry.infusion = usualInfusion(drug);
  return entry;
}

const PREMEDICATION = { dose: "1000.0 mg", days: 3, duration: "0.041666666666666664 day" };
const PARTS = ["dose", "doses", "every", "infusion", "start", "stop", "times_per_day", "effect", "volume"];

/** The knobs of one entry. */
function Entry({ table, index, drug, title }: { table: string; index: number; drug: Drug; title: string }) {
  const entry = useStore(scenario, (s) => entries(s.doc, table)[index]);
  if (!entry) return null;
  const base = `${table}.${index + 1}`;
  const parts = PARTS.filter((part) => entry[part] !== undefined && !(part === "doses" && entry.stop !== undefined) && !(part === "every" && entry.doses === 1));
  return (
    <fieldset class="entry">
      <legend>{title}{typeof entry.label === "string" && <small> {entry.label}</small>}</legend>
      {parts.map((part) => <Knob key={part} knobKey={`${base}.${part}`} />)}
      {Array.isArray(entry.taper) && <p class="note">{t("tapered")}</p>}
      {table === "course" && drug.premedication && (
        <Toggle
          name={`${t("premedication")}: ${drug.premedication}`} isOn={entry.premedication !== undefined && entry.premedication !== false}
          set={(on) => (on ? setKey(`${base}.premedication`, PREMEDICATION) : removeKeyOf(table, index, "premedication"))}
        />
      )}
      <button type="button" class="quiet" onClick={() => removeEntry(table, index)}>{t("removeThis", { what: title })}</button>
    </fieldset>
  );
}

function removeKeyOf(table: string, index: number, part: string): void {
  removeKey(`${table}.${index}.${part}`);
}

function Drugs({ drug }: { drug: Drug }) {
  const key = keyOf(loadedTables(), drug.name);
  const n = useStore(scenario, (s) => entries(s.doc, key).length);
  const title = (index: number): string => (key === "course" ? t("course", { n: index + 1 }) : `${drug.label} ${n > 1 ? index + 1 : ""}`.trim());
  return (
    <>
      {Array.from({ length: n }, (_unused, index) => <Entry key={`${key}${index}`} table={key} index={index} drug={drug} title={title(index)} />)}
      <button type="button" class="add" onClick={() => addEntry(key, newEntry(drug, key, entries(scenario.get().doc, key)))}>
        + {key === "course" ? t("addCourse") : t("addDrug", { drug: drug.label })}
      </button>
    </>
  );
}

export function Courses() {
  const drug = loadedTables().drugs[0];
  return drug ? <Drugs drug={drug} /> : null;
}

export function OtherDrugs() {
  return <>{loadedTables().drugs.slice(1).map((drug) => <Drugs key={drug.name} drug={drug} />)}</>;
}
