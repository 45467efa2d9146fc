"""The front-end files that the repository keeps are the ones that were fetched, and ask for nothing else."""

import hashlib
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
STATIC = TESTS.parent / "portal" / "static"
FOLDERS = (STATIC, TESTS / "vendor")


def expected_sums(folder: Path) -> dict[str, str]:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_vendored_files_are_unchanged(folder: Path) -> None:
    expected = expected_sums(folder)
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in expected} == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_vendored_file_is_listed_and_has_its_licence(folder: Path) -> None:
    listed = expected_sums(folder)
    libraries = {path.name for path in folder.glob("*.min.*")}
    assert libraries
    for name in libraries:
        assert name in listed
        assert f"{name.split('.')[0]}.LICENSE.txt" in listed


def test_the_style_sheet_asks_for_no_font_image_or_other_sheet() -> None:
    css = (STATIC / "govuk-frontend.min.css").read_text()
    assert re.findall(r"url\(|image-set\(|@import|@font-face|GDS Transport|crest|sourceMappingURL", css) == []


def test_no_script_asks_for_a_source_map() -> None:
    assert [path.name for path in STATIC.glob("*.js") if "sourceMappingURL" in path.read_text()] == []
