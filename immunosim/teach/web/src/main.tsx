// The page begins here: settings and address first, then the model that they ask for.
import "uplot/dist/uPlot.min.css";
import "./styles.css";
import { render } from "preact";
import type { Lesson } from "./lessons/record";
import { language, setLanguage, t } from "./text";
import { readAddress, isOurs, writeAddress } from "./ui/address";
import { App, type Site } from "./ui/App";
import { followWithBands } from "./ui/bands";
import { followPrint } from "./ui/print";
import { globals, openModel } from "./ui/models";
import { openingOf } from "./ui/opening";
import { afterMove } from "./ui/painting";
import { reportScore } from "./ui/scorm";
import { serve } from "./worker";
import { session, view, type Embed, type PageSettings } from "./ui/state";

function settings(): PageSettings {
  try {
    const found: unknown = JSON.parse(document.getElementById("settings")?.textContent || "{}");
    return found !== null && typeof found === "object" ? (found as PageSettings) : {};
  } catch {
    return {};
  }
}

/** Show what an address says; what cannot be read is said, and the standard scenario shown. */
async function follow(hash: string, site: Site): Promise<void> {
  const { settings: page } = session.get();
  const address = readAddress(hash);
  const wanted = address.lesson || (hash.length > 1 ? "" : page.lesson ?? "");
  const lesson = site.lessons(language()).find((one) => one.id === wanted);
  view.set({
    page: lesson || address.page === "lessons" ? "lessons" : "explore", lesson: lesson?.id ?? "", zoom: address.zoom, log: address.log,
    charts: address.charts, embed: address.embed || ((page.embed ?? "") as Embed),
  });
  const { model, wish, problem } = openingOf(address.rest, lesson);
  await openModel(model, wish);
  // Opening another model forgets the charts of the one before.
  if (address.charts.length > 0) view.set({ charts: address.charts });
  if (problem) session.set({ message: t("linkBad", { reason: problem }) });
}

async function begin(): Promise<void> {
  const root = document.getElementById("app");
  if (!root) return;
  const page = settings();
  const { models = {}, lessons = {} } = globals();
  setLanguage(page.language ?? document.documentElement.lang);
  document.documentElement.lang = language();
  session.set({ settings: page });
  const names = Object.keys(models);
  const languages = Object.keys(lessons).length > 0 ? Object.keys(lessons) : ["en", "de"];
  const site: Site = { models: names, languages, lessons: (name) => (lessons[name] ?? lessons.en ?? []) as Lesson[] };
  if (names.length === 0) session.set({ message: t("noModel") });
  render(<App site={site} />, root);
  followPrint();
  followWithBands();
  reportScore(site);
  if (names.length === 0) return;
  await follow(location.hash, site);
  afterMove(writeAddress);
  view.follow(() => setTimeout(writeAddress, 200));
  window.addEventListener("hashchange", () => {
    if (!isOurs(location.hash)) void follow(location.hash, site);
  });
  document.documentElement.dataset.ready = "yes";
}

// The same script runs as the worker of virtual patients.
if (typeof document === "undefined") serve();
else void begin();
