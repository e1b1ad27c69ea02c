"""Spellings of earlier versions: they still work, and say what they are called now.

Knows the words of the command line, not what they do.
"""

from collections.abc import Iterator, Sequence

from immunosim.cli.printing import say

RENAMED: dict[str, dict[str, tuple[str, ...]]] = {
    "init": {"--from": ("--extends",)},
    "plot": {"--of": ("--readout",)},
    "profile": {"--of": ("--parameter",), "--pooled": ("--patients", "pooled"), "--force": ()},
    "sample": {"--pooled": ("--patients", "pooled"), "--force": ()},
    "replay": {"--sample": ("--patient",)},
    "compare": {"--force": ()},
    "explain": {"--force": ()},
    "run": {"--force": ()},
    "report": {"--force": ()},
    "fit": {"--force": ()},
    "forecast": {"--force": ()},
    "sensitivity": {"--force": ()},
    "qualify": {"--force": ()},
}
"""By verb, the words for an earlier option; none where it is no longer needed."""


def modernised(verb: str, words: Sequence[str]) -> list[str]:
    """Return the words after a verb with today's spellings, and say which have changed."""
    return list(_modern(RENAMED.get(verb, {}), words))


def _modern(renamed: dict[str, tuple[str, ...]], words: Sequence[str]) -> Iterator[str]:
    for place, word in enumerate(words):
        if word == "--":
            yield from words[place:]
            return
        old, equals, value = word.partition("=")
        if old not in renamed:
            yield word
            continue
        new = renamed[old]
        say(f"{old} is now {' '.join(new)}" if new else f"{old} is no longer needed")
        yield from (f"{new[0]}={value}",) if equals else new
