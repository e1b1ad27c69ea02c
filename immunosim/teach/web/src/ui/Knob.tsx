// A knob: a slider and a number, which a keyboard moves too.
import { useRef } from "preact/hooks";
import { t } from "../text";
import { loadedTables, removeKey, setKey } from "./actions";
import { valueAt } from "./doc";
import { number, typed } from "./format";
import { fromSlider, fullLabel, knobOf, toSlider, type Knob as KnobSpec } from "./knobs";
import { scenario } from "./state";
import { useStore } from "./store";

/** The knob of a key, or nothing where it is none. `full` names the course or the drug it belongs to. */
export function Knob({ knobKey, full = false, label }: { knobKey: string; full?: boolean; label?: string }) {
  const tables = loadedTables();
  const knob = knobOf(knobKey, tables);
  const value = useStore(scenario, (s) => (knob ? knob.read(s.doc) : NaN));
  const startsAs = useStore(scenario, (s) => (knob ? knob.read(s.start) : NaN));
  if (!knob) return null;
  const name = label ?? (full ? fullLabel(knobKey, knob, tables) : knob.label);
  return <Dial knob={knob} name={name} value={value} startsAs={startsAs} set={(next) => setKey(knobKey, knob.write(next))} />;
}

interface DialProps {
  knob: Pick<KnobSpec, "key" | "unit" | "low" | "high" | "step" | "log" | "note"> & Partial<KnobSpec>;
  name: string;
  value: number;
  startsAs: number;
  set(value: number): void;
  forget?: () => void;
}

/** A slider with its number. What is typed may lie outside the slider's ends: the model's own limits hold. */
export function Dial({ knob, name, value, startsAs, set, forget }: DialProps) {
  const id = `knob-${knob.key.replace(/\W/g, "-")}`;
  const typing = useRef(false);
  const spec = knob as KnobSpec;
  const isSet = Number.isFinite(value);
  const low = knob.log ? 0 : Math.min(knob.low, isSet ? value : knob.low), high = knob.log ? 1000 : Math.max(knob.high, isSet ? value : knob.high);
  const isChanged = Math.abs(value - startsAs) > 1e-9 * Math.abs(startsAs);
  const onType = (event: Event): void => {
    const next = typed((event.currentTarget as HTMLInputElement).value);
    if (Number.isFinite(next)) set(next);
  };
  return (
    <div class={`knob${isChanged ? " is-changed" : ""}`} data-knob={knob.key}>
      <label for={id}>{name}</label>
      <span class="amount">
        <input
          type="text" inputMode="decimal" autocomplete="off" value={typing.current ? undefined : isSet ? plain(value) : ""} aria-label={knob.unit ? `${name}, ${knob.unit}` : name}
          onFocus={() => (typing.current = true)} onInput={onType}
          onBlur={(event) => {
            typing.current = false;
            (event.currentTarget as HTMLInputElement).value = isSet ? plain(value) : "";
          }}
        />
        <span class="unit" aria-hidden="true">{knob.unit}</span>
      </span>
      <input
        id={id} type="range" min={low} max={high} step={knob.log ? 1 : knob.step || "any"} value={isSet ? toSlider(spec, value) : low}
        aria-valuetext={`${number(value)} ${knob.unit}`}
        onInput={(event) => set(fromSlider(spec, Number((event.currentTarget as HTMLInputElement).value)))}
      />
      {knob.note && <p class="note">{knob.note}</p>}
      {forget && isChanged && <button type="button" class="quiet" onClick={forget}>{t("setBack")}<span class="hidden-text"> ({name})</span></button>}
    </div>
  );
}

function plain(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A value that is true or false. */
export function Toggle({ name, isOn, set, note }: { name: string; isOn: boolean; set(on: boolean): void; note?: string }) {
  return (
    <label class="toggle">
      <input type="checkbox" checked={isOn} onChange={(event) => set((event.currentTarget as HTMLInputElement).checked)} />
      <span>{name}{note && <small>{note}</small>}</span>
    </label>
  );
}

/** A value of the scenario that is true or false, by its key. */
export function KeyToggle({ knobKey, name }: { knobKey: string; name: string }) {
  const isOn = useStore(scenario, (s) => valueAt(s.doc, knobKey) === true);
  return <Toggle name={name} isOn={isOn} set={(on) => setKey(knobKey, on)} />;
}

/** Any parameter: set back removes it from the scenario. */
export function ParameterKnob({ name }: { name: string }) {
  const tables = loadedTables();
  const key = `parameters.${name}`;
  const knob = knobOf(key, tables);
  const value = useStore(scenario, (s) => (knob ? knob.read(s.doc) : NaN));
  const row = tables.parameters.find((parameter) => parameter.name === name);
  if (!knob || !row) return null;
  const note = `${t("range", { low: number(knob.low), high: number(knob.high) })} · ${knob.note}`;
  return <Dial knob={{ ...knob, note }} name={knob.label} value={value} startsAs={row.value} set={(next) => setKey(key, knob.write(next))} forget={() => removeKey(key)} />;
}
