"""A reviewer judges claims on results that came in an archive, without training."""

from __future__ import annotations

from archives import ABOUT

from grokspec.spec import read_spec
from grokspec.store import Store, open_store
from grokspec.store.archive.importing import import_archive
from grokspec.store.archive.opening import open_archive
from grokspec.store.archive.project import project_of
from grokspec.store.archive.selection import of_specs
from grokspec.store.archive.writing import write_archive

CLAIM = """
@claim("T1", "§1", spec="tiny/alpha", control=reversed_in_time())
def test_the_loss_falls(results):
    "The loss falls."
    assert estimate(fall(results).isel(alpha=0)).below(1.0)
"""


def test_claims_are_judged_on_what_an_archive_had(warm):
    warm.claims(CLAIM)
    spec = read_spec(warm.folder / "specs" / "tiny" / "alpha.toml")
    archive, review = warm.folder / "x.zip", warm.folder / "review"
    project = project_of([spec], [warm.folder / "claims", warm.folder / "pytest.ini"])
    write_archive(archive, of_specs([spec], warm.store), project, ABOUT)

    warm.folder, warm.store_folder = review, warm.folder / "theirs"
    never = ("--grokspec-run=never", f"{review}/claims")
    with open_archive(archive) as opened:
        import_archive(opened, Store(warm.folder.parent / "nowhere"), review)
        warm.run(*never).assert_outcomes(errors=1)
        import_archive(opened, warm.store)
    warm.run(*never).assert_outcomes(passed=1)
    assert len(open_store(warm.store_folder).index()) == 12
