// Text of a lesson: HTML that Python rendered at export from a small Markdown, with the numbers of the model filled in.
import { useEffect, useRef } from "preact/hooks";

/** Put a lesson's text on the page; `<span data-answer="...">` gets its computed number as plain text. */
export function Html({ text, fill, class: name }: { text: string; fill?: Record<string, string>; class?: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    for (const element of host.current?.querySelectorAll<HTMLElement>("[data-answer]") ?? []) {
      element.textContent = fill?.[element.dataset.answer!] ?? "…";
    }
  }, [text, fill]);
  return <div ref={host} class={name} dangerouslySetInnerHTML={{ __html: text }} />;
}
