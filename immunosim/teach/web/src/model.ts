/** The tables that Python writes for a model (`immunosim.codegen.web.tables`), and scenarios as documents. */

import type { Control, Tableau } from "./engine/types";

export interface Parameter {
  name: string;
  /** Key of the patient that sets it; empty where that is `parameters.NAME`. */
  key: string;
  value: number;
  unit: string;
  low: number;
  high: number;
  label: string;
  note: string;
  evidence: string;
  source: string;
  belongs_to_patient: boolean;
  scales: string[];
}

export interface Readout {
  name: string;
  label: string;
  unit: string;
  short: string;
  group?: string;
  title?: string;
  curve?: string;
  axis?: string;
  colour?: string;
  is_dashed?: boolean;
  top?: number[] | null;
  lower_limit?: number | null;
  severe_limit?: number | null;
  detection_limit?: number | null;
  organ?: string;
  draw?: string;
}

export interface Drug {
  name: string;
  label: string;
  route: string;
  given: "infusion" | "bolus" | "continuous";
  enters: string;
  usual: string;
  usual_infusion: string;
  usual_dose: string;
  plausible: number[];
  holds: string[];
  available_fraction: string;
  reference_dose: number;
  times_per_day: number;
  takes_effect: boolean;
  volume_sets: string;
  depletes: boolean;
  premedication: string;
  colour: string;
  shape: string;
}

export interface Box {
  pool: string;
  x: number;
  y: number;
  width: number;
  text: string;
  side: string;
}

export interface NetworkLayout {
  width: number;
  top: number;
  bottom: number;
  boxes: Box[];
  panels: { title: string; left: number; bottom: number; right: number; top: number }[];
  families: { label: string; colour: string; mechanisms: string[] }[];
  heads: { x: number; y: number; text: string }[];
}

export interface ModelTables {
  name: string;
  key: string;
  title: string;
  version: number;
  scope: Record<string, unknown>;
  intended_use: string;
  pools: { name: string; label: string; unit: string; mechanism: string; scale: number }[];
  inputs: { name: string; label: string; unit: string }[];
  parameters: Parameter[];
  switches: { name: string; label: string; consequence: string }[];
  derived: string[];
  readouts: Readout[];
  groups: Record<string, { title: string; kind: string; caption?: string }>;
  processes: { label: string; mechanism: string; source: string; target: string }[];
  admissible: [string, number, string][];
  drugs: Drug[];
  counts: { name: string; is_total?: boolean }[];
  onsets: { name: string; pool: string; amount: number; label: string }[];
  relapse_pool: string;
  parameter_set: string;
  population: { name: string; traits: { name: string; multiplies: string[]; sd: number }[] } | null;
  network: NetworkLayout;
  jacobian_rows: number[];
  jacobian_columns: number[];
  n_lu: number;
  n_vector: number;
  frame: string[];
  control: Control;
  tableau: Tableau;
  default_scenario?: ScenarioDocument;
  scenarios?: Record<string, ScenarioDocument>;
}

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Table = { [key: string]: Value };

/** A scenario as `immunosim.to_toml` writes it: every default written out, times in days, no dates but the first. */
export type ScenarioDocument = Table;
