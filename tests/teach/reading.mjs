// What scripts of these tests share: models run as the page's scripts do, and data as arrays of numbers.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const [folder, file] = process.argv.slice(2);
const { models, data } = JSON.parse(readFileSync(file, "utf8"));
for (const text of Object.values(models)) vm.runInThisContext(text);

export { data };
export const bundles = globalThis.IMMUNOSIM.models;
export const load = (name) => import(pathToFileURL(`${folder}/${name}.mjs`).href);
export const floats = (values) => Float64Array.from(values);
// JSON has no NaN: failed rows are null.
export const plain = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : null));
