"""Fetches the front-end files that the repository keeps, strips what only gov.uk may use, and writes their checksums.

Run by hand (`make vendor`, needs npm) when a version below changes; nothing else needs Node.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

GOVUK, HTMX, AXE = "6.3.0", "2.0.11", "4.14.1"

ROOT = Path(__file__).parent.parent
STATIC = ROOT / "portal" / "static"
TEST_VENDOR = ROOT / "tests" / "vendor"

# The npm package of GOV.UK Frontend says "MIT" and carries no licence file.
GOVUK_LICENCE = """\
The MIT License (MIT)

Copyright (C) 2017 Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies
of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

Changed here: the font files, the @font-face rules, the name of that font and
the crest are left out of the style sheet.
"""

LOGO_RULE = r"\.govuk-footer__copyright-logo:before\{[^{}]*\}"


def without_source_map(text: str) -> str:
    return re.sub(r"\s*(/\*|//)# sourceMappingURL=\S+( \*/)?\s*$", "\n", text)


def for_a_council(css: str) -> str:
    """The style sheet without the typeface and the crest, which belong to gov.uk alone, and so without any `url(`."""
    css = re.sub(r"@font-face\{[^{}]*\}", "", css)
    css = re.sub(r'"?GDS Transport"?,', "", css)
    css = re.sub(rf"@(supports|media)[^{{}}]*\{{(@media[^{{}}]*\{{{LOGO_RULE}\}}|{LOGO_RULE})+\}}", "", css)
    css = re.sub(LOGO_RULE, "", css)
    if leftover := re.search(r"url\(|GDS Transport|crest|@import", css):
        message = f"the style sheet still holds {leftover.group()!r}: its layout has changed, mend this script"
        raise SystemExit(message)
    return without_source_map(css)


def write_checksums(folder: Path) -> None:
    files = sorted(path for path in folder.iterdir() if re.search(r"\.min\.|\.LICENSE", path.name))
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (folder / "SHA256SUMS").write_text("".join(lines))


def main() -> None:
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is needed to fetch the front-end files"
        raise SystemExit(message)
    with tempfile.TemporaryDirectory() as folder:
        packages = (f"govuk-frontend@{GOVUK}", f"htmx.org@{HTMX}", f"axe-core@{AXE}")
        subprocess.run(
            [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *packages], cwd=folder, check=True
        )
        modules = Path(folder) / "node_modules"
        govuk = modules / "govuk-frontend" / "dist" / "govuk"
        STATIC.mkdir(parents=True, exist_ok=True)
        TEST_VENDOR.mkdir(parents=True, exist_ok=True)
        (STATIC / "govuk-frontend.min.css").write_text(for_a_council((govuk / "govuk-frontend.min.css").read_text()))
        (STATIC / "govuk-frontend.min.js").write_text(without_source_map((govuk / "govuk-frontend.min.js").read_text()))
        (STATIC / "govuk-frontend.LICENSE.txt").write_text(GOVUK_LICENCE)
        shutil.copyfile(modules / "htmx.org" / "dist" / "htmx.min.js", STATIC / "htmx.min.js")
        shutil.copyfile(modules / "htmx.org" / "LICENSE", STATIC / "htmx.LICENSE.txt")
        shutil.copyfile(modules / "axe-core" / "axe.min.js", TEST_VENDOR / "axe.min.js")
        shutil.copyfile(modules / "axe-core" / "LICENSE", TEST_VENDOR / "axe.LICENSE.txt")
        shutil.copyfile(modules / "axe-core" / "LICENSE-3RD-PARTY.txt", TEST_VENDOR / "axe.LICENSE-3RD-PARTY.txt")
    write_checksums(STATIC)
    write_checksums(TEST_VENDOR)


if __name__ == "__main__":
    main()
