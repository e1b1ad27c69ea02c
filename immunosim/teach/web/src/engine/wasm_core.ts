/** The step as WebAssembly: the machine code of the lane core, in a memory that JavaScript sees as well. */

import { type Arrays, type Core, lengthOf } from "./core";
import type { EngineModel } from "./types";

const PAGE = 65536;
const ALIGNMENT = 64;

type Exports = Record<"attempt" | "sample" | "defect" | "advance", (frame: number) => void>;

/** The bytes of a base64 text, in a page, a worker and node. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
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
  const module = await WebAssembly.compile(bytesOf(base64));
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
