// The page: a header, the explorer or the lessons, and what is said to everybody.
import { useEffect, useState } from "preact/hooks";
import { LessonList } from "../lessons/LessonList";
import { LessonView } from "../lessons/LessonView";
import type { Lesson } from "../lessons/record";
import { language, setLanguage, t } from "../text";
import { Curves, catalogue, FrontChart } from "./Curves";
import { Form } from "./Form";
import { useNarrow } from "./media";
import { afterMove } from "./painting";
import { Share } from "./Share";
import { session, shown, view, type Page } from "./state";
import { useStore } from "./store";
import { Legends, Toolbar } from "./Toolbar";
import { Why } from "./Why";
import { wordsOf } from "./words";
import { curvesIn } from "./ChartCard";
import { openModel } from "./models";

export interface Site {
  models: string[];
  languages: string[];
  lessons(language: string): Lesson[];
}

export function App({ site }: { site: Site }) {
  const loaded = useStore(session, (s) => s.loaded);
  const message = useStore(session, (s) => s.message);
  const page = useStore(view, (v) => v.page);
  const lessonId = useStore(view, (v) => v.lesson);
  const embed = useStore(view, (v) => v.embed);
  const [tongue, setTongue] = useState(language());
  const lessons = site.lessons(tongue);
  const lesson = page === "lessons" ? lessons.find((one) => one.id === lessonId) : undefined;
  const choose = (name: string): void => {
    setLanguage(name);
    document.documentElement.lang = name;
    setTongue(name);
  };
  useEffect(() => {
    document.documentElement.dataset.embed = embed;
  }, [embed]);
  return (
    <div class="page" key={tongue}>
      {embed === "" && <a class="skip" href="#main" onClick={focusMain}>{t("skip")}</a>}
      {embed === "" && <Header site={site} page={page} tongue={tongue} choose={choose} />}
      {message && <p class="fault" role="alert">{message}</p>}
      <main id="main" tabIndex={-1}>
        {embed !== "" && <h1 class="hidden-text">immunosim</h1>}
        {loaded && (lesson ? <LessonView key={lesson.id} lesson={lesson} /> : page === "lessons" ? <LessonList lessons={lessons} /> : <Explorer key={loaded.name} />)}
      </main>
      <Announcer />
      <footer><strong>{t("notDevice")}</strong>{embed === "" && loaded && <About />}</footer>
    </div>
  );
}

function focusMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Header({ site, page, tongue, choose }: { site: Site; page: Page; tongue: string; choose(name: string): void }) {
  const model = useStore(session, (s) => s.loaded?.name ?? "");
  const tab = (name: Page, label: string) => (
    <button type="button" aria-current={page === name ? "page" : undefined} onClick={() => view.set({ page: name, lesson: "" })}>{label}</button>
  );
  return (
    <header>
      <div class="name"><h1>immunosim</h1><p>{t("notDevice")}</p></div>
      <nav aria-label={t("title")}>{tab("explore", t("explore"))}{site.lessons(tongue).length > 0 && tab("lessons", t("lessons"))}</nav>
      <div class="choices-row">
        {site.models.length > 1 && page === "explore" && (
          <label><span class="hidden-text">{t("model")}</span>
            <select value={model} onChange={(event) => void openModel(event.currentTarget.value)}>{site.models.map((name) => <option key={name}>{name}</option>)}</select>
          </label>
        )}
        {site.languages.length > 1 && (
          <label><span class="hidden-text">{t("language")}</span>
            <select value={tongue} onChange={(event) => choose(event.currentTarget.value)}>{site.languages.map((name) => <option key={name} value={name}>{NAMES[name] ?? name}</option>)}</select>
          </label>
        )}
      </div>
    </header>
  );
}

const NAMES: Record<string, string> = { en: "English", de: "Deutsch" };

function Explorer() {
  const embed = useStore(view, (v) => v.embed);
  const why = useStore(view, (v) => v.why);
  const narrow = useNarrow();
  const ids = useStore(view, (v) => v.charts);
  const shownIds = ids.length > 0 ? ids : catalogue().usual;
  return (
    <div class="explorer">
      {embed !== "curves" && (
        <aside aria-labelledby="knobs-title">
          <h2 id="knobs-title" class="hidden-text">{t("knobs")}</h2>
          {narrow && <FrontChart ids={shownIds} />}
          <Form />
        </aside>
      )}
      <div class="work">
        <Toolbar />
        <Legends />
        {why && <Why />}
        <Curves narrow={narrow && embed !== "curves"} />
        {embed === "" && <Share />}
      </div>
    </div>
  );
}

function About() {
  const loaded = useStore(session, (s) => s.loaded)!;
  const { tables, kind } = loaded;
  const limits = (tables.scope.limitations ?? []) as string[];
  return (
    <details><summary>{t("intended")}</summary><p>{tables.intended_use}</p>{limits.length > 0 && <><p>{t("knownMisses")}</p><ul>{limits.map((limit) => <li key={limit}>{limit}</li>)}</ul></>}<p>{tables.title} · {tables.key.slice(0, 12)} · {kind === "wasm" ? t("engineWasm") : t("engineJs")}</p></details>
  );
}

/** Says in words what a move did to the chart in front, and everything that is announced. */
function Announcer() {
  const said = useStore(session, (s) => s.announced);
  const [words, setWords] = useState("");
  useEffect(() => afterMove(() => {
    const { run } = shown.get();
    const spec = catalogue().find(view.get().front) ?? catalogue().of(catalogue().usual)[0];
    if (run && spec) setWords(`${spec.title}: ${wordsOf(spec, spec.curves[0]!, run.times, curvesIn(run, spec).columns[0]!, view.get().zoom)}`);
  }), []);
  return <div class="hidden-text" role="status" aria-live="polite"><p>{words}</p><p>{said}</p></div>;
}
