"""What a model brings: its network, its parameter sets and its bibliography.

Imports no sympy: a network is declared only where its text is generated.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from immunosim.errors import ModelError, did_you_mean
from immunosim.model.drug import Drug, check_drugs
from immunosim.model.patient_keys import DiseaseOnset, HazardDraw, UntreatedCount
from immunosim.parameters import ParameterSet, read_references, read_set, sets_in

DEFAULT_SET = "default"
"""The parameter set of a scenario that names none."""


@dataclass(frozen=True)
class ModelPackage:
    """A model with all that the rest of the package needs to know of it.

    Attributes
    ----------
    name : str
        What ``model = "..."`` in a scenario says.
    title : str
        One line for lists.
    network : str
        ``"package.module:function"``: the function declares the network over the parameters' units.
    folder : Path
        The folder of its sources, with ``parameters/*.toml`` and ``references.bib``.
    drugs : tuple of Drug
        What can be given; the drug that a table means where it names none comes first.
    counts : tuple of UntreatedCount
        The untreated counts that a scenario may give, the total first.
    draws : tuple of HazardDraw
        The draws of hazards that a scenario may give.
    onsets : tuple of DiseaseOnset
        The diseases that a patient may have from before day 0.
    relapse_pool : str
        The pool that a relapse enters where the scenario gives its severity, in the unit of the pool; empty where none
        does.
    challenge_inputs : tuple of str
        The inputs that no drug enters, which challenges of a scenario may name.
    base : ModelPackage, optional
        A model that it adds to: its parameter sets may extend those of the base, and it has the base's bibliography,
        counts, draws and onsets.
    version : int
        Which version of the model it is.
    earlier : mapping of int to str
        The names of earlier versions, by number.
    version_of : ModelPackage, optional
        Of an earlier version: the present one, whose mechanisms it may use and whose bibliography it has.
    shared : mapping of str to tuple of str
        Of an earlier version: the names of files of the present one that it has too, by their folder.
    """

    name: str
    title: str
    network: str
    folder: Path
    drugs: tuple[Drug, ...] = ()
    counts: tuple[UntreatedCount, ...] = ()
    draws: tuple[HazardDraw, ...] = ()
    onsets: tuple[DiseaseOnset, ...] = ()
    relapse_pool: str = ""
    challenge_inputs: tuple[str, ...] = ()
    base: ModelPackage | None = None
    version: int = 1
    earlier: Mapping[int, str] = field(default_factory=dict, hash=False)
    version_of: ModelPackage | None = None
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def versions(self) -> dict[int, str]:
        """Names of all versions by number, of the present one only."""
        return {**self.earlier, self.version: self.name}

    def version_in_words(self) -> str:
        """Return which version it is of which model, as a sentence; empty for the present one."""
        if self.version_of is None:
            return ""
        present = self.version_of
        return f"version {self.version} of {present.name}; the present version is {present.version}"

    def files(self, kind: str) -> dict[str, Path]:
        """Return the TOML files that come with it by name, in alphabetical order.

        Parameters
        ----------
        kind : str
            Their folder, such as ``targets`` or ``populations``.
        """
        paths = {path.stem: path for path in (self.folder / kind).glob("*.toml")}
        if self.version_of is not None:
            present = self.version_of.files(kind)
            paths |= {name: present[name] for name in self.shared.get(kind, ())}
        return dict(sorted(paths.items()))

    def declare(self, parameter_units: Mapping[str, str], is_validated: bool = True) -> Any:
        """Return the network, declared over the parameters whose names and units are given.

        Parameters
        ----------
        parameter_units : mapping of str to str
        is_validated : bool
            Whether units and losses are checked, which takes longer than the declaration. A network that becomes
            kernels always is; one that is only shown need not be.

        Raises
        ------
        ModelError
            If it cannot be imported, its units or losses are wrong, or its drugs do not fit it.
        """
        module, _, function = self.network.partition(":")
        try:
            build = getattr(import_module(module), function)
        except (ImportError, AttributeError, TypeError, ValueError) as error:  # the last two of names such as ".a"
            cure = 'write network = "package.module:function"'
            raise ModelError(f"{self.network} cannot be imported ({error})", key=self.name, cure=cure) from error
        network = build(dict(parameter_units))
        if is_validated:
            from immunosim.model.validate import validate

            validate(network)
        check_drugs(self.drugs, network.inputs, network.pools, parameter_units, self.all_challenge_inputs)
        self._check_pools(network.pools)
        return network

    def _check_pools(self, pools: Collection[str]) -> None:
        """Refuse what enters a pool that the network does not have."""
        entered = {f"onsets.{onset.name}": onset.pool for onset in self.onsets}
        if self.relapse_pool:
            entered["relapse_pool"] = self.relapse_pool
        for key, pool in entered.items():
            if pool not in pools:
                cure = did_you_mean(pool, [*pools])
                raise ModelError(f'unknown pool "{pool}"', key=f"{self.name}.{key}", cure=cure)

    def parameter_sets(self) -> tuple[str, ...]:
        """Return the names of its parameter sets, in alphabetical order."""
        return sets_in(self.folder / "parameters")

    def parameters(self, name: str = DEFAULT_SET) -> ParameterSet:
        """Return a parameter set by name.

        Raises
        ------
        ParameterError
            If there is none of that name, or its file is damaged.
        """
        return read_set(self.folder / "parameters", name, tuple(self._bases()))

    def references(self) -> dict[str, str]:
        """Return its bibliography by key, as BibTeX text, with that of its base."""
        others = (self.base, self.version_of)
        inherited = {key: text for model in others if model is not None for key, text in model.references().items()}
        return {**inherited, **read_references(self.folder / "references.bib")}

    @functools.cached_property
    def all_counts(self) -> dict[str, UntreatedCount]:
        """The untreated counts by name, those of its base first."""
        inherited = {} if self.base is None else self.base.all_counts
        return {**inherited, **{count.name: count for count in self.counts}}

    @functools.cached_property
    def all_draws(self) -> dict[str, HazardDraw]:
        """The draws of hazards by name, those of its base first."""
        inherited = {} if self.base is None else self.base.all_draws
        return {**inherited, **{draw.name: draw for draw in self.draws}}

    @functools.cached_property
    def all_onsets(self) -> dict[str, DiseaseOnset]:
        """The onsets of disease by name, those of its base first."""
        inherited = {} if self.base is None else self.base.all_onsets
        return {**inherited, **{onset.name: onset for onset in self.onsets}}

    @property
    def entered_by_relapses(self) -> str:
        """The pool that relapses enter, by default that of its base."""
        return self.relapse_pool or ("" if self.base is None else self.base.entered_by_relapses)

    @property
    def all_challenge_inputs(self) -> tuple[str, ...]:
        """The inputs that challenges may name, those of its base first."""
        return (*(() if self.base is None else self.base.all_challenge_inputs), *self.challenge_inputs)

    @functools.cached_property
    def sources(self) -> tuple[Path, ...]:
        """Files that shape the network, which a changed one makes another."""
        inherited = (path for model in (self.base, self.version_of) if model is not None for path in model.sources)
        return tuple(dict.fromkeys((*sorted(self.folder.rglob("*.py")), *inherited)))

    def _bases(self) -> Iterator[tuple[str, Path]]:
        """Yield the models that it adds to, with the folders of their parameter sets, the nearest first."""
        base = self.base
        while base is not None:
            yield base.name, base.folder / "parameters"
            base = base.base
