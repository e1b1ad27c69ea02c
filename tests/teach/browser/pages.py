"""How tests open the site: every page notes its errors and each request that leaves the machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
DESKTOP, PHONE, SMALLEST = (1366, 768), (390, 844), (320, 640)
READY = "[data-ready]"
LOCAL = ("file", "data", "blob", "about")


@dataclass
class Visits:
    """Pages of one test."""

    browser: Any
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def open(self, address: str, size: tuple[int, int] = DESKTOP, script: str = "", **options: Any) -> Any:
        """Return a page that is ready; a script runs before its own."""
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        context.add_init_script(script)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: self._note(request.url))
        page.goto(address)
        page.wait_for_selector(READY, state="attached")
        page.wait_for_selector("main *")
        return page

    def _note(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in LOCAL and parts.hostname != "127.0.0.1":
            self.foreign.append(address)

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()


def settled(page: Any) -> None:
    """Wait until words and address have followed a move: they do so 160 ms after it."""
    page.wait_for_function("() => new Promise(done => setTimeout(() => done(true), 450))")


def words(page: Any, chart: str) -> str:
    """Return what a chart says of its curve."""
    return str(page.locator(f'[data-chart="{chart}"] .words').first.inner_text())


def set_knob(page: Any, key: str, value: str) -> None:
    """Type a value into a knob and leave it."""
    box = page.locator(f'[data-knob="{key}"] input[type="text"]').first
    box.fill(value)
    box.blur()
    settled(page)


def picture(page: Any, chart: str) -> str:
    """Return the pixels of a chart as text, for comparisons."""
    return str(page.evaluate('chart => document.querySelector(`[data-chart="${chart}"] canvas`).toDataURL()', chart))
