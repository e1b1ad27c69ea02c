// Reads documents, files and links as the page does, and reports the numbers that they become.
import { bundles, data, load } from "./reading.mjs";

const scenario = await load("scenario");
const rows = (list) => list.map((row) => Array.from(row));
const found = {};
for (const [name, { model, doc, toml }] of Object.entries(data.scenarios)) {
  const bundle = bundles[model];
  const drugs = bundle.tables.drugs.map((drug) => drug.name);
  try {
    const made = scenario.prepare(doc, bundle);
    const read = scenario.readToml(toml, drugs);
    const written = scenario.readToml(scenario.writeToml(doc), drugs);
    const base = data.scenarios[data.base].doc;
    const link = scenario.encodeLink(doc, base, data.base);
    found[name] = {
      boundaries: Array.from(made.boundaries), inputs: rows(made.inputs), jumps: rows(made.jumps), times: Array.from(made.times),
      vector: Array.from(made.vector), initial: Array.from(made.initial), atol: Array.from(made.atol), negative: Array.from(made.negative),
      of_file: scenario.differences(doc, read), of_written: scenario.differences(doc, written),
      of_link: scenario.differences(doc, scenario.decodeLink(link, { [data.base]: base }).doc), link, written: scenario.writeToml(doc),
    };
  } catch (error) {
    found[name] = { fault: [error.name, error.key ?? "", error.reason ?? String(error)] };
  }
}
// What must end in a fault and in nothing else.
const faults = data.faults.map(([key, value]) => attempt(() => scenario.prepare(scenario.setValue(data.scenarios[data.base].doc, key, value), bundles.alemtuzumab)));
const files = data.files.map((text) => attempt(() => scenario.prepare(scenario.readToml(text, bundles.alemtuzumab.tables.drugs.map((drug) => drug.name)), bundles.alemtuzumab)));
const links = data.links.map((text) => attempt(() => scenario.decodeLink(text, { two_courses: data.scenarios[data.base].doc })));
function attempt(work) {
  try {
    work();
    return ["", "", ""];
  } catch (error) {
    return [error.name, error.key ?? "", error.reason ?? String(error)];
  }
}
process.stdout.write(JSON.stringify({ found, faults, files, links, polluted: {}.polluted !== undefined }));
