// The ways in which a task is answered: a number, one of several, an order.
import { t } from "../text";
import { typed, unitText } from "../ui/format";
import type { Given } from "./answers";
import { variantsOf, type Task, type Variant } from "./record";

export interface Draft {
  text: string;
  choice: string;
  order: string[];
}

/** An empty answer; items of an order stand in another order than the lesson lists them, which may be the right one. */
export function emptyDraft(task: Task): Draft {
  return { text: "", choice: "", order: shuffled((task.items ?? []).map((item) => item.id)) };
}

/** The same order for everybody, and never the one that was given. */
function shuffled(ids: string[]): string[] {
  const place = (id: string): number => [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7);
  const found = [...ids].sort((a, b) => place(a) - place(b));
  const isSame = found.join() === ids.join() || found.join() === [...ids].reverse().join();
  return isSame && found.length > 2 ? [...found.slice(1), found[0]!] : found;
}

/** What a draft says, or why it says nothing yet. */
export function givenIn(task: Task, draft: Draft): { given: Given } | { problem: string } {
  if (task.kind === "number") {
    const value = typed(draft.text);
    return Number.isFinite(value) ? { given: value } : { problem: t("notNumber") };
  }
  if (task.kind === "choice") return draft.choice ? { given: draft.choice } : { problem: t("choose") };
  return { given: draft.order };
}

/** An answer in words. */
export function wordsOf(task: Task, given: Given, fill: (label: string) => string): string {
  const label = (id: string): string => fill(variantsOf(task).find((variant) => variant.id === id)?.label ?? id);
  if (typeof given === "number") return `${given} ${unitText(task.unit)}`.trim();
  return typeof given === "string" ? label(given) : given.map(label).join(" → ");
}

interface InputProps {
  task: Task;
  draft: Draft;
  name: string;
  fill(label: string): string;
  change(draft: Draft): void;
}

export function AnswerInput(props: InputProps) {
  const { task } = props;
  if (task.kind === "number") return <NumberInput {...props} />;
  if (task.kind === "choice") return <Choices {...props} options={task.options ?? []} />;
  return <Order {...props} items={task.items ?? []} />;
}

function NumberInput({ task, draft, name, change }: InputProps) {
  return (
    <label class="answer-number">
      <span>{t("answer")}</span>
      <input type="text" inputMode="decimal" autocomplete="off" name={name} value={draft.text} onInput={(event) => change({ ...draft, text: event.currentTarget.value })} />
      <span class="unit">{unitText(task.unit)}</span>
    </label>
  );
}

function Choices({ draft, name, fill, change, options }: InputProps & { options: Variant[] }) {
  return (
    <fieldset class="choices">
      <legend>{t("answer")}</legend>
      {options.map((option) => (
        <label key={option.id} class="toggle">
          <input type="radio" name={name} value={option.id} checked={draft.choice === option.id} onChange={() => change({ ...draft, choice: option.id })} />
          <span>{fill(option.label)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Order({ draft, fill, change, items }: InputProps & { items: Variant[] }) {
  const label = (id: string): string => fill(items.find((item) => item.id === id)?.label ?? id);
  const move = (index: number, by: number): void => {
    const order = [...draft.order];
    const [id] = order.splice(index, 1);
    order.splice(index + by, 0, id!);
    change({ ...draft, order });
  };
  return (
    <ol class="order" aria-label={t("answer")} data-places={draft.order.map((id) => items.findIndex((item) => item.id === id)).join()}>
      {draft.order.map((id, index) => (
        <li key={id}>
          <span>{label(id)}<span class="hidden-text"> ({t("place", { n: index + 1, of: draft.order.length })})</span></span>
          <button type="button" disabled={index === 0} aria-label={t("up", { what: label(id) })} onClick={() => move(index, -1)}>↑</button>
          <button type="button" disabled={index === draft.order.length - 1} aria-label={t("down", { what: label(id) })} onClick={() => move(index, 1)}>↓</button>
        </li>
      ))}
    </ol>
  );
}
