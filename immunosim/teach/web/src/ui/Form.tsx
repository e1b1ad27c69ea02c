// The scenario as a form: a few knobs first, everything else in sections that open.
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { t } from "../text";
import { backToStart, loadedTables, setKey, startFrom, switchMechanism } from "./actions";
import { valueAt } from "./doc";
import { KeyToggle, Knob, ParameterKnob, Toggle } from "./Knob";
import { scenariosOf } from "./models";
import { announce, scenario } from "./state";
import { useStore } from "./store";
import { Courses, OtherDrugs } from "./Treatments";

function Section({ title, open = false, children }: { title: string; open?: boolean; children: ComponentChildren }) {
  const [isOpen, setOpen] = useState(open);
  return (
    <details class="section" open={isOpen} onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary><h3>{title}</h3></summary>
      {isOpen && children}
    </details>
  );
}

/** The knobs that the explorer begins with. */
export function mainKnobs(): string[] {
  const tables = loadedTables();
  const { start } = scenario.get();
  const wished = ["course.1.dose", "course.2.start", "course.2.dose", "patient.age"];
  const found = wished.filter((key) => valueAt(start, key) !== undefined);
  const more = tables.parameters.slice(0, 4).map((parameter) => `parameters.${parameter.name}`);
  return found.length > 1 ? found : [...found, ...more].slice(0, 4);
}

export function Form() {
  const tables = loadedTables();
  const drug = tables.drugs[0];
  const keys = useStore(scenario, (s) => mainKnobs().filter((key) => valueAt(s.doc, key) !== undefined || key.startsWith("parameters.")).join());
  return (
    <div class="form">
      <StartFrom />
      <div class="main-knobs">{keys.split(",").filter(Boolean).map((key) => <Knob key={key} knobKey={key} full />)}</div>
      {drug && <Section title={t("courses", { drug: drug.label })}><Courses /></Section>}
      {tables.drugs.length > 1 && <Section title={t("otherDrugs")}><OtherDrugs /></Section>}
      <Section title={t("patient")}><Patient /></Section>
      {traitsOf().length > 0 && <Section title={t("traits")}><p class="note">{t("traitsNote")}</p>{traitsOf().map((name) => <ParameterKnob key={name} name={name} />)}</Section>}
      <Section title={t("mechanisms")}><Mechanisms /></Section>
      <Section title={t("anyParameter")}><ParameterSearch /></Section>
      <Section title={t("horizon")}><Knob knobKey="horizon" /></Section>
      <button
        type="button" class="reset"
        onClick={() => {
          backToStart();
          announce(t("resetDone"));
        }}
      >{t("reset")}</button>
    </div>
  );
}

/** The shipped scenarios to start from, and what the chosen one is about. */
function StartFrom() {
  const name = useStore(scenario, (s) => s.name);
  const about = useStore(scenario, (s) => String(s.doc.description ?? ""));
  const all = Object.entries(scenariosOf(loadedTables()));
  if (all.length < 2) return null;
  const choose = (chosen: string): void => {
    const base = scenariosOf(loadedTables())[chosen];
    if (base) startFrom({ base, name: chosen });
  };
  return (
    <div class="start-from">
      <label><span class="note">{t("startFrom")}</span>
        <select value={name} onChange={(event) => choose(event.currentTarget.value)}>
          {all.map(([key, doc]) => <option key={key} value={key}>{String(doc.title ?? key)}</option>)}
        </select>
      </label>
      {about && <p class="note about">{about}</p>}
    </div>
  );
}

/** Parameters in which the patients of the population differ. */
function traitsOf(): string[] {
  const { population, parameters } = loadedTables();
  const known = new Set(parameters.filter((parameter) => !parameter.belongs_to_patient).map((parameter) => parameter.name));
  return [...new Set((population?.traits ?? []).flatMap((trait) => trait.multiplies))].filter((name) => known.has(name));
}

function Patient() {
  const sex = useStore(scenario, (s) => String(valueAt(s.doc, "patient.sex") ?? ""));
  const has = useStore(scenario, (s) => Object.keys((valueAt(s.doc, "patient") as object | undefined) ?? {}).join());
  const numbers = ["age", "weight", "depletion_efficiency", "anti_drug_antibody"].filter((name) => has.split(",").includes(name) || name === "anti_drug_antibody");
  return (
    <>
      {numbers.map((name) => <Knob key={name} knobKey={`patient.${name}`} />)}
      {sex && (
        <label class="choice-row">
          <span>{t("sex")}</span>
          <select value={sex} onChange={(event) => setKey("patient.sex", event.currentTarget.value)}>
            <option value="female">{t("sexFemale")}</option>
            <option value="male">{t("sexMale")}</option>
          </select>
          <small>{t("sexNote")}</small>
        </label>
      )}
      {has.includes("family_history") && <KeyToggle knobKey="patient.family_history" name={t("familyHistory")} />}
      {has.includes("smoker") && <KeyToggle knobKey="patient.smoker" name={t("smoker")} />}
    </>
  );
}

/** Mechanisms on and off. */
export function Mechanisms() {
  const off = useStore(scenario, (s) => offOf(s.doc));
  return (
    <>
      <p class="note">{t("mechanismsNote")}</p>
      {loadedTables().switches.map((mechanism) => (
        <Toggle
          key={mechanism.name} name={mechanism.label} note={t("offMeans", { what: mechanism.consequence })} isOn={!off.split(",").includes(mechanism.name)}
          set={(on) => switchMechanism(mechanism.name, on)}
        />
      ))}
    </>
  );
}

function offOf(doc: object): string {
  const off = valueAt(doc, "mechanisms.off");
  return Array.isArray(off) ? off.join(",") : "";
}

const MOST_SHOWN = 12;

function ParameterSearch() {
  const [words, setWords] = useState("");
  const changed = useStore(scenario, (s) => Object.keys((valueAt(s.doc, "parameters") as object | undefined) ?? {}).join());
  const all = loadedTables().parameters.filter((parameter) => !parameter.belongs_to_patient);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = wanted.length === 0
    ? all.filter((parameter) => changed.split(",").includes(parameter.name))
    : all.filter((parameter) => wanted.every((word) => `${parameter.name.replaceAll("_", " ")} ${parameter.name} ${parameter.label}`.toLowerCase().includes(word)));
  const names = found.slice(0, MOST_SHOWN).map((parameter) => parameter.name);
  return (
    <>
      <label class="search">
        <span>{t("searchParameter", { n: all.length })}</span>
        <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      </label>
      <p class="note" role="status">{wanted.length > 0 && (found.length === 0 ? t("noParameter") : t("foundParameters", { n: found.length, shown: names.length }))}</p>
      {names.map((name) => <ParameterKnob key={name} name={name} />)}
    </>
  );
}

/** What a lesson shows beside its charts: its knobs, switches of mechanisms where it names them. */
export function LessonKnobs({ keys }: { keys: string[] }) {
  return (
    <div class="main-knobs">
      {keys.map((key) => {
        if (key === "mechanisms.off") return <details class="section" key={key}><summary><h3>{t("mechanisms")}</h3></summary><Mechanisms /></details>;
        if (typeof valueAt(scenario.get().start, key) === "boolean") return <KeyToggle key={key} knobKey={key} name={key === "patient.smoker" ? t("smoker") : key === "patient.family_history" ? t("familyHistory") : key} />;
        return <Knob key={key} knobKey={key} full />;
      })}
    </div>
  );
}
