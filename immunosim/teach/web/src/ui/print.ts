// Paper is white: charts are painted anew for print and when the colour scheme changes.
import { forgetPalette } from "./palette";

function repaint(): void {
  forgetPalette();
  window.dispatchEvent(new Event("immunosim-palette"));
}

export function followPrint(): void {
  const setPrint = (isPrint: boolean): void => {
    if (isPrint) for (const goals of document.querySelectorAll<HTMLDetailsElement>("details.goals")) goals.open = true;
    if (isPrint) document.documentElement.dataset.print = "";
    else delete document.documentElement.dataset.print;
    repaint();
  };
  window.addEventListener("beforeprint", () => setPrint(true));
  window.addEventListener("afterprint", () => setPrint(false));
  matchMedia("print").addEventListener("change", (event) => setPrint(event.matches));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
}
