/** The engine: solves patients of one model, one at a time or two in the lanes of simd128. */

import type { Core } from "./core";
import { jsCore } from "./js_core";
import { Lane } from "./lane";
import { ScalarStep } from "./pivoting";
import type { Control, EngineModel, Kernels, Problem, Solution, Tableau } from "./types";
import { wasmCore } from "./wasm_core";

export * from "./types";

export class Engine {
  private readonly scalar: ScalarStep[];

  constructor(
    readonly model: EngineModel,
    private readonly core: Core,
  ) {
    this.scalar = Array.from({ length: core.width }, () => new ScalarStep(model));
  }

  get kind(): "wasm" | "js" {
    return this.core.kind;
  }

  /** How many patients a call of `solveAll` takes at once. */
  get width(): number {
    return this.core.width;
  }

  solve(problem: Problem): Solution {
    return this.solveAll([problem])[0]!;
  }

  /** Solve as many patients as the core has lanes, or fewer. Neither changes a number of the other. */
  solveAll(problems: Problem[]): Solution[] {
    const lanes = problems.map((problem, k) => new Lane(this.model, this.core, k, problem, this.scalar[k]!));
    while (lanes.some((lane) => lane.isBusy)) {
      this.core.attempt();
      const due = this.core.arrays.due!;
      const event = this.core.arrays.event!;
      for (let k = lanes.length; k < this.core.width; k++) due[k] = event[k] = this.core.arrays.accepted![k] = 0;
      lanes.forEach((lane, k) => {
        if (!lane.isBusy) lane.rest();
        else if (event[k] !== 0) lane.look();
      });
      if (lanes.some((_, k) => due[k] !== 0)) this.writeOutputs(lanes);
      lanes.forEach((lane, k) => {
        if (lane.isBusy && event[k] !== 0) lane.settle();
      });
      this.core.advance();
    }
    return lanes.map((lane) => lane.solution);
  }

  private writeOutputs(lanes: Lane[]): void {
    lanes.forEach((lane, k) => {
      if (this.core.arrays.due![k] !== 0) lane.firstWish();
    });
    for (;;) {
      const wishing = lanes.filter((lane) => lane.wish !== "nothing");
      if (wishing.length === 0) return;
      for (const lane of wishing) lane.place();
      this.core.sample();
      if (wishing.some((lane) => lane.wish !== "distrusted")) this.core.defect();
      for (const lane of wishing) lane.answer();
    }
  }

  /** Read-outs at times, line by line; `inputsAt` holds the inputs at each, line by line. */
  readouts(vector: Float64Array, inputsAt: Float64Array, states: Float64Array): Float64Array {
    return this.overTimes(this.model.kernels.readouts, this.model.sizes.readouts, vector, inputsAt, states);
  }

  /** Rates of all processes at times, line by line. */
  rates(vector: Float64Array, inputsAt: Float64Array, states: Float64Array): Float64Array {
    return this.overTimes(this.model.kernels.rates, this.model.sizes.processes, vector, inputsAt, states);
  }

  private overTimes(
    kernel: (y: Float64Array, p: Float64Array, u: Float64Array, out: Float64Array) => void,
    width: number,
    vector: Float64Array,
    inputsAt: Float64Array,
    states: Float64Array,
  ): Float64Array {
    const { pools, inputs } = this.model.sizes;
    const nTimes = states.length / pools;
    const values = new Float64Array(nTimes * width);
    for (let k = 0; k < nTimes; k++) {
      const given = inputsAt.subarray(k * inputs, (k + 1) * inputs);
      kernel(states.subarray(k * pools, (k + 1) * pools), vector, given, values.subarray(k * width, (k + 1) * width));
    }
    return values;
  }
}

/** What a model script registers, as far as the engine is concerned. */
export interface Bundle {
  tables: {
    pools: unknown[];
    inputs: unknown[];
    readouts: unknown[];
    processes: unknown[];
    n_vector: number;
    n_lu: number;
    jacobian_rows: number[];
    jacobian_columns: number[];
    tableau: Tableau;
    control: Control;
    frame: string[];
  };
  kernels: Kernels;
  wasm?: string;
  wasm2?: string;
}

/** The engine of a model in JavaScript alone, at once. */
export function jsEngine(bundle: Bundle): Engine {
  const model = modelOf(bundle);
  return new Engine(model, jsCore(model));
}

/** The engine of a model: WebAssembly, of one lane or two, or JavaScript. Rejects where the browser refuses it. */
export async function createEngine(bundle: Bundle, kind: "wasm" | "js", width: 1 | 2 = 1): Promise<Engine> {
  if (kind === "js") return jsEngine(bundle);
  const model = modelOf(bundle);
  const base64 = width === 1 ? bundle.wasm : bundle.wasm2;
  if (!base64) throw new Error(`the model has no WebAssembly of ${width} lanes`);
  return new Engine(model, await wasmCore(model, base64, width));
}

function modelOf({ tables, kernels }: Bundle): EngineModel {
  const sizes = {
    pools: tables.pools.length,
    parameters: tables.n_vector,
    inputs: tables.inputs.length,
    readouts: tables.readouts.length,
    processes: tables.processes.length,
    lu: tables.n_lu,
    rows: tables.jacobian_rows,
    columns: tables.jacobian_columns,
  };
  return { sizes, tableau: tables.tableau, control: tables.control, frame: tables.frame, kernels };
}
