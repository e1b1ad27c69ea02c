"""Results that a stranger made: nothing in them is executed or followed, and what they ask for is named."""

import json
import pickle
import shutil

import h5py
import numpy as np
import pytest
import xarray as xr

from immunosim.ensembles import load_ensemble, simulate_ensemble
from immunosim.seals import sealed, sealed_json
from immunosim.sweeps import digest_of, open_result

CURE = "do not use it; a damaged result of your own is repaired with immunosim sweep ... --resume"


class Payload:
    """What a pickle makes a file with when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.fixture
def copy(whole_path, tmp_path):
    """Return a copy of a sweep."""
    return shutil.copytree(whole_path, tmp_path / "a.zarr")


def forge(store, change):
    """Change the metadata of an array in both of their places, and seal the store anew, as a stranger can."""
    import hashlib

    for file in ("nadir_cd4/zarr.json", "zarr.json"):
        about = json.loads((store / file).read_text())
        change(about if "shape" in about else about["consolidated_metadata"]["metadata"]["nadir_cd4"])
        (store / file).write_text(json.dumps(about))
    manifest = json.loads((store / "manifest.json").read_text())["content"]
    for file in ("nadir_cd4/zarr.json", "zarr.json"):
        manifest["files"][file] = hashlib.sha256((store / file).read_bytes()).hexdigest()
    (store / "manifest.json").write_bytes(sealed_json(manifest))


ARRAY = "nadir_cd4/zarr.json asks for the "


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"codecs": [{"name": "numcodecs.pickle", "configuration": {}}]}, "codec 'numcodecs.pickle'"),
        ({"codecs": [{"name": "vlen-bytes"}]}, "codec 'vlen-bytes'"),
        ({"codecs": [{"name": "sharding_indexed", "configuration": {}}]}, "codec 'sharding_indexed'"),
        ({"codecs": ["my_package.codec"]}, "codec 'my_package.codec'"),
        (
            {"codecs": [{"name": "bytes"}, {"name": "blosc", "configuration": {"cname": "snappy"}}]},
            "compressor 'snappy'",
        ),
        ({"codecs": None}, "codec 'None'"),
        ({"data_type": "object"}, "type 'object'"),
        ({"data_type": {"name": "struct", "configuration": {}}}, "type \"{'name': 'struct', 'configuration': {}}\""),
        ({"data_type": "variable_length_bytes"}, "type 'variable_length_bytes'"),
        ({"storage_transformers": [{"name": "my.remote"}]}, "storage transformer 'my.remote'"),
        ({"chunk_grid": {"name": "rectilinear"}}, "chunk grid 'rectilinear'"),
        ({"chunk_key_encoding": {"name": "v2"}}, "chunk key encoding 'v2'"),
        ({"extension": {"must_understand": True}}, "member 'extension'"),
    ],
)
def test_what_zarr_would_run_is_refused_by_name(copy, refusal, change, found):
    forge(copy, lambda about: about.update(change))
    for opened in (open_result, digest_of):
        assert refusal(opened, copy) == f"{copy}: {ARRAY}{found}, which immunosim does not write, {CURE}"


def test_a_pickle_in_a_chunk_is_not_loaded(copy, tmp_path, refusal):
    victim = tmp_path / "executed"
    forge(copy, lambda about: about.update(codecs=[{"name": "numcodecs.pickle"}], data_type="object"))
    (copy / "nadir_cd4/c/2").write_bytes(pickle.dumps(np.array([Payload(victim)], dtype=object)))
    assert "does not write" in refusal(open_result, copy)
    assert "does not write" in refusal(digest_of, copy)
    assert not victim.exists()


def test_a_store_of_zarr_2_is_refused(copy, refusal):
    (copy / ".zgroup").write_text('{"zarr_format": 2}')
    assert refusal(open_result, copy) == f"{copy}: .zgroup is Zarr of another version, {CURE}"


def test_the_store_of_another_version_says_so(copy, refusal):
    text = (copy / "zarr.json").read_text()
    (copy / "zarr.json").write_text(text.replace("immunosim sweep 2", "immunosim sweep 1"))
    assert refusal(open_result, copy) == (
        f"{copy}: was written by another version of immunosim, as immunosim sweep 1; this one reads immunosim sweep 2, "
        "read it with that version, or compute it again"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a": ' + "9" * 5000 + "}",
        "\ufeff{}",
        "null",
        "[]",
        '{"zarr_format": 3, "node_type": "group", "attributes": [], "consolidated_metadata": 1}',
    ],
)
@pytest.mark.parametrize("file", ["zarr.json", "nadir_cd4/zarr.json", "manifest.json"])
def test_json_that_makes_no_sense_is_named(copy, refusal, file, text):
    (copy / file).write_text(text, encoding="utf-8")
    assert file in refusal(open_result, copy)
    assert file in refusal(digest_of, copy)


@pytest.fixture
def file(base, tmp_path):
    """Return an ensemble in a file without its seal, as a stranger can make one."""
    path = tmp_path / "a.nc"
    result = simulate_ensemble(base.scenario, {"age": [30.0]})
    path.write_bytes(bytes(result.dataset.to_netcdf(engine="h5netcdf")))
    return path


def pickled(file, path):
    file.create_dataset("evil", data=np.void(pickle.dumps(Payload(path))))


def of_objects(file, path):
    file.create_dataset("evil", data=[file["status"].ref], dtype=h5py.ref_dtype)


def in_attribute(file, path):
    file["status"].attrs["evil"] = np.void(pickle.dumps(Payload(path)))


def external_link(file, path):
    file["evil"] = h5py.ExternalLink("/etc/passwd", "/x")


def soft_link(file, path):
    file["evil"] = h5py.SoftLink("/status")


def external_data(file, path):
    file.create_dataset("evil", (8,), "u1", external=[("/etc/passwd", 0, 8)])


def virtual(file, path):
    layout = h5py.VirtualLayout((1,), "f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (1,))
    file.create_virtual_dataset("evil", layout)


def filtered(file, path):
    file.create_dataset("evil", data=np.zeros(1000), chunks=(1000,), compression="lzf")


def nested(file, path):
    file.create_group("evil")


def named_type(file, path):
    file["evil"] = np.dtype("f8")


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (pickled, "'evil' has the type"),
        (of_objects, "'evil' has the type object"),
        (in_attribute, "'attribute evil of status' has the type"),
        (external_link, "'evil' has a link to another place or file"),
        (soft_link, "'evil' has a link to another place or file"),
        (external_data, "'evil' has data in another file"),
        (virtual, "'evil' has a virtual dataset"),
        (filtered, "'evil' has the filter 32000"),
        (nested, "'evil' has a group"),
        (named_type, "'evil' has a datatype"),
    ],
)
def test_what_hdf5_would_follow_or_run_is_refused_by_name(file, tmp_path, refusal, harm, found):
    with h5py.File(file, "a") as opened:
        harm(opened, tmp_path / "executed")
    message = refusal(open_result, file)
    assert message.startswith(f"{file}: {found}")
    assert message.endswith("which immunosim does not write, do not use it; ask for a file that immunosim wrote")
    assert not (tmp_path / "executed").exists()


def test_a_file_that_claims_more_than_memory_is_refused(file, refusal):
    with h5py.File(file, "a") as opened:
        opened.create_dataset("evil", (2**45,), "f8", chunks=(2**20,))
    assert "needs 281475.0 GB of memory" in refusal(open_result, file)


def test_an_ensemble_that_was_changed_is_refused(base, tmp_path, refusal):
    path = simulate_ensemble(base.scenario, {"age": [30.0]}).save(tmp_path / "a.nc")
    assert len(load_ensemble(path)) == 1
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert refusal(load_ensemble, path) == f"{path}: is not what was written, recompute it, or restore it from a copy"


def test_the_seal_at_the_end_does_not_hinder_other_readers(base, tmp_path):
    path = simulate_ensemble(base.scenario, {"age": [30.0]}).save(tmp_path / "a.nc")
    for options in ({}, {"engine": "h5netcdf"}):
        with xr.open_dataset(path, **options) as found:
            assert found.sizes["sample"] == 1


@pytest.mark.parametrize("attribute", ["scenarios", "varied"])
@pytest.mark.parametrize("text", ["[" * 100_000, "{}", "", "[1]"])
def test_attributes_that_make_no_sense_are_named(file, refusal, attribute, text):
    dataset = xr.load_dataset(file, engine="h5netcdf")
    dataset.attrs[attribute] = text
    file.write_bytes(sealed(bytes(dataset.to_netcdf(engine="h5netcdf"))))
    result = load_ensemble(file)
    assert attribute in refusal(result.scenario_of if attribute == "scenarios" else result.parameters_of, 0)
