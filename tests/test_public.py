"""What is public is listed, documented and safe to show."""

import importlib
import inspect
import pkgutil

import pytest

import fissure as fs
from bodies import records
from fake_split import HOSTILE

MODULES = [
    module.name
    for module in pkgutil.walk_packages(fs.__path__, "fissure.")
    if not module.name.endswith("__main__")
]


def test_all_is_sorted_and_is_what_is_public():
    assert fs.__all__ == sorted(fs.__all__)
    assert dir(fs) == fs.__all__
    public = {*fs._HOME, "__version__"}
    assert set(fs.__all__) == public
    for name in fs.__all__:
        assert getattr(fs, name) is not None


def test_an_unknown_name_is_said_to_be_unknown():
    with pytest.raises(AttributeError) as error:
        fs.nothing  # noqa: B018
    assert str(error.value) == "module 'fissure' has no attribute 'nothing'"


def test_importing_the_module_does_not_hide_the_function():
    importlib.import_module("fissure.split")
    importlib.import_module("fissure.report")
    assert inspect.isfunction(fs.split)
    assert inspect.isfunction(fs.report)


@pytest.mark.parametrize("name", [n for n in fs.__all__ if n != "__version__"])
def test_every_public_name_is_documented(name):
    thing = getattr(fs, name)
    assert inspect.getdoc(thing), name
    if inspect.isclass(thing):
        for part, member in vars(thing).items():
            what = member.__func__ if isinstance(member, classmethod) else member
            if not part.startswith("_") and (callable(what) or isinstance(what, property)):
                assert inspect.getdoc(what), f"{name}.{part}"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_lists_and_documents_its_names(name):
    module = importlib.import_module(name)
    listed = getattr(module, "__all__", None)
    if listed is None:
        own = [
            k for k, v in vars(module).items()
            if not k.startswith("_") and getattr(v, "__module__", None) == name
        ]  # fmt: skip
        assert not own, f"{name} has no __all__"
        return
    assert len(set(listed)) == len(listed)
    if name.startswith("fissure.cli."):
        return  # not for programs: people read --help, and test_docs checks that
    for one in listed:
        thing = getattr(module, one)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"{name}.{one}"


def test_the_version_is_that_of_the_project():
    assert fs.__version__ == "0.1.0"


def test_html_of_results_escapes_what_names_hold():
    import numpy as np

    import bodies

    y, _ = bodies.camps((12, 9), 40, 0.6, np.random.default_rng(1))
    actors = [f"{k} {HOSTILE[k % len(HOSTILE)]}" for k in range(21)]
    settings = fs.SplitSettings(
        null_draws=19, preference_draws=0, power_draws=20, repeats=1, draws=100
    )
    hostile = records(y, actors=actors, name=actors, party=["<b>x</b>"] * 12 + ["</p><i>"] * 9)
    answer = fs.split(hostile, within="party", settings=settings)
    fit = fs.IdealPoints().fit(fs.Matrix.from_records(hostile))
    for result in (answer, fit):
        page = result._repr_html_()
        for markup in ("<script", "<img", "<svg", "<b>x", "<i>"):
            assert markup not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in answer._repr_html_()
