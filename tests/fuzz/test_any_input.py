"""Whatever is read is taken or refused with a sentence, soon, and nothing else happens."""

import random

import pytest
from fuzz.conftest import Try
from fuzz.loaders import Loader

SHARES = {
    "scenarios": 300,
    "tables": 300,
    "parameters": 300,
    "records": 200,
    "quantities": 240,
    "overrides": 150,
    "endpoints": 120,
    "patients": 80,
    "factors": 50,
    "commands": 40,
    "netcdf": 40,
    "unsealed netcdf": 80,
    "chains": 60,
    "stores": 40,
}
"""Of 2,000 inputs; what is read slowly has fewer."""

MANY = 50
"""How many times as many inputs the long run makes: 100,000."""


def test_the_shares_are_two_thousand() -> None:
    assert sum(SHARES.values()) == 2000


@pytest.mark.parametrize("name", SHARES)
def test_every_seed_and_mutated_input_is_taken_or_refused(name: str, loaders: dict[str, Loader], tried: Try) -> None:
    loader = loaders[name]
    place = min(loader.mutators)  # one file of a store stands for all of it
    seeds = [("seed", place, seed) for seed in loader.mutators[place].seeds]
    assert report(tried(name, seeds)) == ""
    assert report(tried(name, mutated(loader, name, 0, SHARES[name]))) == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", SHARES)
def test_fifty_times_as_many_new_inputs_are_taken_or_refused(name: str, loaders: dict[str, Loader], tried: Try) -> None:
    seed = random.SystemRandom().getrandbits(32)
    assert report(tried(name, mutated(loaders[name], name, seed, MANY * SHARES[name]))) == ""


def test_an_input_is_made_again_from_its_seed_and_number(loaders: dict[str, Loader]) -> None:
    for name, loader in loaders.items():
        assert mutated(loader, name, 7, 20) == mutated(loader, name, 7, 20)
        assert mutated(loader, name, 7, 20) != mutated(loader, name, 8, 20)


def mutated(loader: Loader, name: str, seed: int, n: int) -> list[tuple[str, str, bytes]]:
    """Return inputs with labels from which ``Loader.make`` makes them again."""
    return [(f"{name}, seed {seed}, number {number}", *loader.make(name, seed, number)) for number in range(n)]


def report(wrong: list[str]) -> str:
    return "\n\n".join([f"{len(wrong)} inputs escape", *wrong[:5]]) if wrong else ""
