// The address holds the state: the scenario as what differs from its base, and how it is looked at.
import { decodeLink, encodeLink } from "../scenario";
import type { ScenarioDocument } from "../model";
import { scenario, view, type Embed } from "./state";

/** The part of an address after "#" is read as words of a query; everything the page does not know is the scenario's. */
const EMBEDS: Embed[] = ["curves", "knobs", "lesson"];
const LONGEST = 16_000;

export interface Address {
  lesson: string;
  page: "explore" | "lessons";
  embed: Embed;
  zoom: [number, number] | null;
  log: boolean;
  charts: string[];
  rest: string;
}

const OWN = new Set(["lesson", "page", "embed", "zoom", "log", "charts"]);

/** The parts of an address; what is not understood is left out. */
export function readAddress(hash: string): Address {
  const text = hash.replace(/^#/, "").slice(0, LONGEST);
  const words = text.split("&").filter(Boolean);
  const own: Record<string, string> = {}, rest: string[] = [];
  for (const word of words) {
    const [name, ...value] = word.split("=");
    if (OWN.has(name!)) own[name!] = decoded(value.join("="));
    else rest.push(word);
  }
  const ends = (own.zoom ?? "").split("~").map(Number);
  const isZoom = ends.length === 2 && ends.every(Number.isFinite) && ends[0]! < ends[1]! && own.zoom !== "";
  return {
    lesson: /^[a-z][a-z0-9_]{0,39}$/.test(own.lesson ?? "") ? own.lesson! : "",
    page: own.page === "lessons" || own.lesson ? "lessons" : "explore",
    embed: EMBEDS.includes(own.embed as Embed) ? (own.embed as Embed) : "",
    zoom: isZoom ? [ends[0]!, ends[1]!] : null,
    log: own.log === "1",
    charts: (own.charts ?? "").split(",").filter((id) => /^[\w.]{1,80}$/.test(id)).slice(0, 40),
    rest: rest.join("&"),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** How it is looked at, as words of an address. */
function ownWords(): string[] {
  const { page, lesson, embed, zoom, log, charts } = view.get();
  const words: string[] = [];
  if (lesson) words.push(`lesson=${lesson}`);
  else if (page === "lessons") words.push("page=lessons");
  if (embed) words.push(`embed=${embed}`);
  if (zoom) words.push(`zoom=${zoom.map((end) => Number(end.toFixed(2))).join("~")}`);
  if (log) words.push("log=1");
  if (charts.length > 0) words.push(`charts=${charts.join(",")}`);
  return words;
}

/** The link of a scenario alone, "#..." with what differs from a base. */
export function linkTo(doc: ScenarioDocument, base: ScenarioDocument, name = ""): string {
  return encodeLink(doc, base, name);
}

/** The scenario of the rest of an address. Throws where it is none. */
export function scenarioIn(rest: string, bases: Record<string, ScenarioDocument>): { base: string; doc: ScenarioDocument } | null {
  return rest ? decodeLink(`#${rest}`, bases) : null;
}

/** The address of the page as it stands. */
export function addressNow(): string {
  const { doc, base, name } = scenario.get();
  const isBase = JSON.stringify(doc) === JSON.stringify(base);
  const link = isBase && (name === "" || name === usualName) ? "" : linkTo(doc, base, name).slice(1);
  return `#${[...ownWords(), link].filter(Boolean).join("&")}`;
}

let written = "";
let usualName = "";

/** The scenario that an address without one means. */
export function setUsual(name: string): void {
  usualName = name;
}

export function writeAddress(): void {
  const address = addressNow();
  if (address === written) return;
  written = address;
  try {
    history.replaceState(null, "", address);
  } catch {
    // Browsers that limit how often an address changes: the next rest writes it.
  }
}

export function isOurs(hash: string): boolean {
  return hash === written;
}
