/** Scenarios as links: what differs from a base, as the part of an address after "#"; `immunosim.teach.link`. */

import type { ScenarioDocument } from "../model";
import { type Changes, differences, isTable, laidOver } from "./change";
import { ScenarioFault } from "./fault";

const LONGEST = 20_000;
const MOST_CHANGES = 400;
const FORM = /^#?v1\.([A-Za-z0-9_-]*)$/;
const CURE = "take the link from the page, or from immunosim teach --link";

/** The link of a document: "#v1..." with what differs from a base of a name. */
export function encodeLink(doc: ScenarioDocument, base: ScenarioDocument, name = ""): string {
  const text = JSON.stringify({ base: name, changes: differences(base, doc) });
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `#v1.${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The name of the base and the document of a link. Throws a ScenarioFault, and nothing else. */
export function decodeLink(hash: string, bases: Record<string, ScenarioDocument>): { base: string; doc: ScenarioDocument } {
  const found = hash.length <= LONGEST ? FORM.exec(hash) : null;
  if (!found) throw new ScenarioFault("is not a link of this version", "link", CURE);
  const { base, changes } = payloadOf(found[1]!);
  if (!Object.hasOwn(bases, base)) throw new ScenarioFault(`has an unknown base "${base.slice(0, 60)}"`, "link", "take the link from the page");
  return { base, doc: laidOver(bases[base]!, changes) };
}

function payloadOf(text: string): { base: string; changes: Changes } {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const found: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const { base, changes } = found as { base: unknown; changes: unknown };
    if (typeof base === "string" && isTable(changes as never) && Object.keys(changes as object).length <= MOST_CHANGES) return { base, changes: changes as Changes };
  } catch {
    // Said below: whatever is wrong with it, a reader can do one thing.
  }
  throw new ScenarioFault("is damaged", "link", CURE);
}
