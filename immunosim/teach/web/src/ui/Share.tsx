// The scenario as a link, as a file, as a command and as Python.
import { useEffect, useRef, useState } from "preact/hooks";
import { commandFor, readToml, writeToml } from "../scenario";
import type { ScenarioDocument } from "../model";
import { t } from "../text";
import { loadedTables } from "./actions";
import { addressNow } from "./address";
import { faultOf } from "./faults";
import { openDocument } from "./models";
import { download } from "./files";
import { afterMove } from "./painting";
import { announce, scenario, session } from "./state";
import { useStore } from "./store";

const LARGEST = 64 * 1024;

export function Share() {
  const [problem, setProblem] = useState<string[]>([]);
  return (
    <section class="panel share" aria-labelledby="share-title">
      <h2 id="share-title">{t("share")}</h2>
      <LinkField />
      <div class="buttons">
        <button type="button" onClick={save}>{t("download")}</button>
        <label class="button">
          {t("upload")}
          <input
            type="file" accept=".toml,text/plain" class="hidden-text"
            onChange={async (event) => {
              const input = event.currentTarget;
              const file = input.files?.[0];
              if (file) setProblem(await open(file));
              input.value = "";
            }}
          />
        </label>
      </div>
      <div role="status" class="upload">{problem.map((line) => <p key={line}>{line}</p>)}</div>
      <Same />
    </section>
  );
}

function LinkField() {
  const address = useAddress();
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(address);
      announce(t("copied"));
    } catch {
      // From a file the clipboard is closed: the text is selected, and a key copies it.
    }
  };
  return (
    <div class="link-field">
      <label><span>{t("link")}</span><input ref={field} type="text" readOnly value={address} onFocus={(event) => event.currentTarget.select()} /></label>
      <button type="button" onClick={copy}>{t("copy")}</button>
      <p class="note">{t("linkNote")}</p>
    </div>
  );
}

function useAddress(): string {
  const now = (): string => `${location.href.split("#")[0]}${addressNow()}`;
  const [address, setAddress] = useState(now);
  useEffect(() => afterMove(() => setAddress(now())), []);
  return address;
}

function Same() {
  const doc = useStore(scenario, (s) => s.doc), base = useStore(scenario, (s) => s.base), name = useStore(scenario, (s) => s.name);
  return (
    <details class="section">
      <summary><h3>{t("same")}</h3></summary>
      <pre tabIndex={0} aria-label={t("same")}>{commandFor(doc, base, name)}</pre>
    </details>
  );
}

function save(): void {
  const { doc } = scenario.get();
  const title = String((doc as { title?: unknown }).title ?? "scenario");
  download(`${title.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "").slice(0, 60) || "scenario"}.toml`, writeToml(doc), "text/plain");
}

/** Names under which a scenario may list doses, of every model of the page. */
function drugNames(): string[] {
  return loadedTables().drugs.map((drug) => drug.name);
}

/** Open a scenario file. In the local application the package has the last word; elsewhere only the canonical form is read. */
async function open(file: File): Promise<string[]> {
  const name = file.name.slice(0, 100);
  if (file.size > LARGEST) return [t("uploadLarge", { name }), t("uploadCure", { name })];
  const text = await file.text();
  try {
    const checked = await askServer(text);
    if (checked && !checked.ok) return [t("uploadFailed", { name, reason: "" }), ...checked.messages];
    const doc = checked?.document ?? readToml(text, drugNames());
    if (!(await openDocument(doc))) return [t("uploadFailed", { name, reason: t("noSuchModel", { model: String(doc.model ?? "") }) })];
    announce(t("uploaded", { name }));
    return [t("uploaded", { name })];
  } catch (error) {
    const fault = faultOf(error);
    const where = fault.key ? `${fault.key}: ${fault.reason}` : fault.reason;
    return [t("uploadFailed", { name, reason: where }), fault.cure, t("uploadCure", { name })].filter(Boolean);
  }
}

/** What `POST /check` of the local application answers: the messages of `immunosim check`, or the canonical document. */
interface Checked {
  ok: boolean;
  messages: string[];
  document: ScenarioDocument | null;
}

/** What the local application says of a file; null where there is none. */
async function askServer(text: string): Promise<Checked | null> {
  const { token } = session.get().settings;
  if (!token) return null;
  const answer = await fetch("check", { method: "POST", headers: { "Content-Type": "text/plain", "X-Immunosim-Token": token }, body: text });
  return (await answer.json()) as Checked;
}
