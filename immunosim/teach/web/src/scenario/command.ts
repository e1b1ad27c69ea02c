/** The same scenario on the command line and in Python. */

import type { ScenarioDocument, Value } from "../model";
import { differences } from "./change";

/** How many changes a command can hold before a file is easier to read. */
const MOST_CHANGES = 12;
const OF_ENTRIES = /^[a-z_]+$/;

/**
 * Commands that give the same curves: with the name of a shipped scenario its changes, otherwise the downloaded file.
 */
export function commandFor(doc: ScenarioDocument, base: ScenarioDocument, name = ""): string {
  const changes = Object.entries(differences(base, doc));
  const isWhole = changes.some(([key, value]) => value === null || (Array.isArray(value) && OF_ENTRIES.test(key)) || typeof value === "object");
  if (!/^[a-z][a-z0-9_]*$/.test(name) || isWhole || changes.length > MOST_CHANGES) {
    return [
      "# download the scenario as scenario.toml, then",
      "immunosim run scenario.toml",
      "",
      "import immunosim",
      'immunosim.simulate("scenario.toml").plot()',
    ].join("\n");
  }
  const settings = changes.map(([key, value]) => ` \\\n  --set ${shell(`${key}=${text(value)}`)}`);
  const entries = changes.map(([key, value]) => `    "${key}": ${python(value)},`);
  const overrides = entries.length > 0 ? `, {\n${entries.join("\n")}\n}` : "";
  return [`immunosim run ${name}${settings.join("")}`, "", "import immunosim", `immunosim.simulate("${name}"${overrides}).plot()`].join("\n");
}

function text(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function shell(argument: string): string {
  return /^[\w.=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

function python(value: Value): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}
