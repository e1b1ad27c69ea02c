/** What is done to every element of a vector, and to one lane of a vector over lanes (lanes innermost). */

export function gather(vector: Float64Array, width: number, lane: number, out: Float64Array, first = 0): void {
  for (let i = 0; i < out.length; i++) out[i] = vector[(first + i) * width + lane]!;
}

export function scatter(values: Float64Array, vector: Float64Array, width: number, lane: number, first = 0): void {
  for (let i = 0; i < values.length; i++) vector[(first + i) * width + lane] = values[i]!;
}

export function addScaled(total: Float64Array, share: number, values: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i] = total[i]! + share * values[i]!;
}

/** Add rows `from` to `to` of a matrix, each times its share, row after row: in one pass, which is half the time. */
export function addRows(total: Float64Array, shares: Float64Array, rows: Float64Array, from: number, to: number): void {
  const n = total.length;
  for (let i = 0; i < n; i++) {
    let sum = total[i]!;
    for (let j = from; j < to; j++) sum += shares[j]! * rows[j * n + i]!;
    total[i] = sum;
  }
}

/** The index of the first NaN or infinite value, -1 if there is none. */
export function firstNonFinite(values: Float64Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** The index of the first value below minus its tolerance, -1 if there is none. */
export function firstBelow(values: Float64Array, tolerance: Float64Array): number {
  for (let i = 0; i < values.length; i++) if (values[i]! < -tolerance[i]!) return i;
  return -1;
}

/** The largest value in units of the tolerance at the larger of two sizes, and its index; NaN are passed. */
export function largestScaled(
  values: Float64Array,
  size: Float64Array,
  otherSize: Float64Array,
  atol: Float64Array,
  rtol: number,
): [number, number] {
  let largest = 0;
  let place = 0;
  for (let i = 0; i < values.length; i++) {
    const one = Math.abs(size[i]!);
    const other = Math.abs(otherSize[i]!);
    const scaled = Math.abs(values[i]!) / (atol[i]! + rtol * (other > one ? other : one));
    if (scaled > largest) {
      largest = scaled;
      place = i;
    }
  }
  return [largest, place];
}
