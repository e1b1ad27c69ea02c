/** The step as WebAssembly: the machine code of the lane core, in a memory that JavaScript sees as well. */

import { type Arrays, type Core, lengthOf } from "./core";
import type { EngineModel } from "./types";

const PAGE = 65536;
const ALIGNMENT = 64;

type Exports = Record<"attempt" | "sample" | "defect" | "advance", (frame: number) => void>;

/** The machine code of a text: base64 of gzip, which pages, workers and node unpack alike. */
async function codeOf(base64: string): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Compile the module and lay out its arrays; the machine code takes the place of each from the frame. */
export async function wasmCore(model: EngineModel, base64: string, width: number): Promise<Core> {
  const places: number[] = [];
  // The frame itself stands first: 32-bit addresses, one an array.
  let next = align(4 * model.frame.length + ALIGNMENT);
  for (const name of model.frame) {
    places.push(next);
    next = align(next + 8 * width * lengthOf(name, model));
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(next / PAGE) });
  const module = await WebAssembly.compile(await codeOf(base64));
  const instance = await WebAssembly.instantiate(module, { env: { __linear_memory: memory } });
  const made = instance.exports as unknown as Exports;
  new Int32Array(memory.buffer, ALIGNMENT, places.length).set(places);
  const arrays: Arrays = {};
  model.frame.forEach((name, k) => {
    arrays[name] = new Float64Array(memory.buffer, places[k], width * lengthOf(name, model));
  });
  return {
    kind: "wasm",
    width,
    arrays,
    attempt: () => made.attempt(ALIGNMENT),
    sample: () => made.sample(ALIGNMENT),
    defect: () => made.defect(ALIGNMENT),
    advance: () => made.advance(ALIGNMENT),
  };
}

function align(place: number): number {
  return Math.ceil(place / ALIGNMENT) * ALIGNMENT;
}
