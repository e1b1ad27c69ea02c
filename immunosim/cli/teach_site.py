"""What ``immunosim teach`` alone does: serve the site, or write it as a folder, a file, a package or a link."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from immunosim.cli.printing import say, show
from immunosim.cli.progress import progress
from immunosim.errors import DataError

if TYPE_CHECKING:
    from immunosim.teach.site import SiteParts


@dataclass(frozen=True)
class Wish:
    """The options of the command."""

    lesson: str | None
    export: Path | None
    single: Path | None
    scorm: Path | None
    link: str | None
    lessons: Path | None
    language: str
    teacher: bool
    force: bool
    port: int
    no_browser: bool


def fulfil(wish: Wish) -> None:
    """Do what was asked for: write what is named, or serve the site where nothing is."""
    if wish.link is not None:
        _show_link(wish.link)
        return
    written = [target for target in (wish.export, wish.single, wish.scorm) if target is not None]
    if len(written) > 1:
        raise DataError("several outputs are named", key="export", cure="name one of --export, --single and --scorm")
    from immunosim.teach.site import SiteOptions, site_parts

    is_alone = wish.scorm is not None and wish.lesson is not None
    options = SiteOptions(wish.lessons, wish.lesson or "", wish.language, is_alone, wish.teacher)
    with progress("Writing models and lessons") as shown:
        parts = site_parts(options, shown.announce)
    if wish.export is not None:
        from immunosim.teach.export import folder_files, write_folder

        files = folder_files(parts)
        write_folder(wish.export, files, replace=wish.force)
        show(f"Wrote {wish.export}: {len(files)} files, {_size(sum(map(len, files.values())))}.")
        show(f"Next:  open {wish.export / 'index.html'}, or put the folder on a web server")
    elif wish.single is not None:
        from immunosim.teach.export import single_page, write_page

        page = single_page(parts)
        write_page(wish.single, page, replace=wish.force)
        show(f"Wrote {wish.single} ({_size(len(page))}).")
        show(f"Next:  open {wish.single}, or give it away: it needs no other file and no network")
    elif wish.scorm is not None:
        from immunosim.teach.export import write_page
        from immunosim.teach.scorm import scorm_package

        package = scorm_package(parts, wish.lesson or "")
        write_page(wish.scorm, package, replace=wish.force)
        show(f"Wrote {wish.scorm} ({_size(len(package))}), a SCORM 1.2 package: {parts.title}.")
        show("Next:  upload it to the learning platform as a SCORM activity")
    else:
        _serve(parts, wish)


def _show_link(scenario: str) -> None:
    from immunosim.teach.link import link_of

    show(link_of(scenario))
    say("Add it to the address of the page, after index.html.")


def _serve(parts: SiteParts, wish: Wish) -> None:
    from immunosim.teach.server import Server, serve

    server = Server(parts, wish.port)
    show(f"Serving {server.address} to this machine only. End it with Ctrl-C.")
    if not wish.no_browser:
        import webbrowser

        if not webbrowser.open(server.address):
            say("No browser was found: open the address yourself.")
    try:
        serve(server)
    except KeyboardInterrupt:
        show("Ended.")


def _size(n: int) -> str:
    return f"{n / 1000:,.0f} kB"
