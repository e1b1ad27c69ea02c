"""A command loads matplotlib without its tables of properties, and leaves nothing else changed."""

from collections.abc import Callable

from immunosim.cli.figures import load_matplotlib

LOADED = """
from immunosim.cli.figures import load_matplotlib
load_matplotlib()
from matplotlib import artist, lines
print("Properties" in lines.Line2D.set.__doc__, artist.kwdoc(lines.Line2D)[:10].strip())
"""


def test_no_table_of_properties_is_made_but_where_it_is_asked_for(run_python: Callable[..., str]) -> None:
    assert run_python(LOADED) == "False Properties\n"


def test_what_is_loaded_already_stays_as_it_is() -> None:
    from matplotlib import artist

    before = artist.kwdoc
    load_matplotlib()
    assert artist.kwdoc is before
