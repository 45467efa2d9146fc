"""Which files are taken, told by their content and never by their name; and that a container holds no trap.

A letter saved as .eml is looked at as far as its head: what is attached to it is left to the virus scanner, and to the
mail program of whoever opens it.
"""

import codecs
import re
import struct
import unicodedata
import zlib
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from typing import BinaryIO, Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import puremagic

from records.sealed_files import PIECE


class FileRefused(Exception):
    """A file that is not taken. The words say why, and what to do; never its name or what is in it."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class WrongType(FileRefused):
    """It is of no type that is taken."""


class HasMacros(FileRefused):
    """A document that can run a program."""


class Trap(FileRefused):
    """A container that is made to do harm, or could be: a zip bomb, an archive inside it, a path in a name."""


class Type(NamedTuple):
    """How people call it, and the endings that its name may have; the first is given to a name that has another."""

    words: str
    endings: tuple[str, ...]


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
TEXT, CSV, LETTER = "text/plain", "text/csv", "message/rfc822"
TYPES: Final = {
    PDF: Type("PDF", (".pdf",)),
    f"{_OOXML}wordprocessingml.document": Type("Word", (".docx",)),
    f"{_OOXML}spreadsheetml.sheet": Type("Excel", (".xlsx",)),
    f"{_OOXML}presentationml.presentation": Type("PowerPoint", (".pptx",)),
    f"{_ODF}text": Type("OpenDocument", (".odt",)),
    f"{_ODF}spreadsheet": Type("OpenDocument", (".ods",)),
    f"{_ODF}presentation": Type("OpenDocument", (".odp",)),
    PNG: Type("PNG", (".png",)),
    JPEG: Type("JPEG", (".jpg", ".jpeg")),
    TEXT: Type("plain text", (".txt", ".text", ".log", ".md")),
    CSV: Type("CSV", (".csv",)),
    LETTER: Type("an e-mail (.eml)", (".eml",)),
}
TAKEN: Final = (
    "PDF, Word, Excel, PowerPoint and OpenDocument without macros, PNG, JPEG, plain text and CSV in UTF-8, and e-mail "
    "saved as .eml"
)
SAVE_AS_PDF: Final = "Save it as PDF, and give that."
DAMAGED: Final = f"This file is damaged, or not quite of its type. Save it anew, or as PDF. What is taken: {TAKEN}."

MOST_ENTRIES, MOST_CONTENTS, MOST_INFLATED = 5_000, 1_000_000, 300_000_000
LONGEST_NAME = 150
_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_INNER: Final = (
    b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd",
    b"MSCF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"\x7fELF",
)  # fmt: skip
"""How archives, compound documents and programs begin."""
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_MARKUP = ("<", "{\\rtf", "%!", "#!")
"""How text begins that is more than plain: pages, pictures and scripts."""


def type_of(file: BinaryIO, name: str) -> str:
    """The media type of what can be read from `file`. Raises WrongType, HasMacros or Trap.

    `name` only tells a table from other text.
    """
    head = file.read(PIECE)
    found = _recognised(head)
    for media in (PDF, PNG, JPEG):
        if media in found:
            return media
    if "application/zip" in found:
        return _of_container(file)
    file.seek(0)
    if _is_letter(head) and b"\x00" not in head:
        return LETTER
    if _is_plain_text(file):
        return CSV if name.lower().endswith(".csv") else TEXT
    raise WrongType(f"This type of file is not taken. What is taken: {TAKEN}.")


def safe_name(given: str, media: str = "") -> str:
    """The last part of a name, without what cannot be seen, of bounded length; with an ending of its type."""
    last = re.split(r"[/\\]", given)[-1]
    seen = "".join(one for one in last if unicodedata.category(one)[0] != "C").strip(" .")
    stem, dot, ending = seen.rpartition(".")
    if not dot or not stem:
        stem, ending = seen, ""
    right = TYPES[media].endings if media else ()
    if right and f".{ending.lower()}" not in right:
        stem, ending = seen, right[0][1:]
    tail = f".{ending}" if ending else ""
    return (stem[: LONGEST_NAME - len(tail)].rstrip(" .") or "file") + tail


def _recognised(head: bytes) -> set[str]:
    try:
        return {str(one.mime_type) for one in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


# Text


def _is_letter(head: bytes) -> bool:
    """Whether it begins as a letter does that a mail program has saved: with lines that say who wrote it, and when."""
    said = BytesHeaderParser().parsebytes(head.split(b"\n\n")[0].split(b"\r\n\r\n")[0])
    return not said.defects and bool(said["from"] and said["date"]) and not str(said.get_payload()).strip()


def _is_plain_text(file: BinaryIO) -> bool:
    decoder, begins = codecs.getincrementaldecoder("utf-8-sig")(), True
    try:
        while piece := file.read(PIECE):
            text = decoder.decode(piece)
            if _UNSEEN.search(text) or (begins and text.lstrip().startswith(_MARKUP)):
                return False
            begins = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


# Containers: what Office and OpenDocument save is a zip archive


def _of_container(file: BinaryIO) -> str:
    """Which kind of document it is, after every entry was looked at."""
    try:
        _check_end(file)
        with ZipFile(file) as archive:
            entries = archive.infolist()
            _check_names(entries)
            told = _Told(archive)
            _check_contents(file, entries)
    except (BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise Trap(DAMAGED) from None
    if told.macros or any(_is_macro(one.filename) for one in entries):
        raise HasMacros(f"This document has macros, which can run a program. {SAVE_AS_PDF}")
    if not told.media:
        raise WrongType(f"Archives are not taken. What is taken: {TAKEN}.")
    return told.media


class _Told:
    """What a container says that it is, in the entry that its kind has for that."""

    def __init__(self, archive: ZipFile) -> None:
        self.media, self.macros = "", False
        names = set(archive.namelist())
        if "mimetype" in names:
            said = _beginning(archive, "mimetype").decode("ascii", "replace").strip()
            self.media = said if said in TYPES and said.startswith(_ODF) else ""
        elif "[Content_Types].xml" in names:
            said = _beginning(archive, "[Content_Types].xml").decode("utf-8", "replace")
            self.macros = "macroenabled" in said.lower()
            of = [media for media in TYPES if media.startswith(_OOXML) and f'"{media}.main+xml"' in said]
            self.media = of[0] if len(of) == 1 else ""


def _beginning(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as entry:
        return entry.read(MOST_CONTENTS)


def _is_macro(name: str) -> bool:
    return name.lower().endswith("vbaproject.bin") or name.startswith(("Basic/", "Scripts/"))


def _check_end(file: BinaryIO) -> None:
    """The table of contents stands where it must and is small: it is read whole before any entry can be looked at."""
    file.seek(-_END.size, 2)
    mark, disk, _, here, entries, size, start, _ = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or disk or here != entries:
        raise BadZipFile
    if entries > MOST_ENTRIES or size > MOST_CONTENTS:
        raise Trap(f"This document is made of too many parts. {SAVE_AS_PDF}")
    if file.seek(-_END.size, 2) != start + size:  # something stands between, as in an archive of the large kind
        raise BadZipFile


def _check_names(entries: list[ZipInfo]) -> None:
    for one in entries:
        parts = one.orig_filename.split("/")
        if not parts[0] or ".." in parts or re.search(r"[\\:\x00-\x1f]", one.orig_filename):
            raise Trap(f"A part of this document has a name that leads out of it. {SAVE_AS_PDF}")
    if len({one.filename for one in entries}) < len(entries):
        raise BadZipFile


def _check_contents(file: BinaryIO, entries: list[ZipInfo]) -> None:
    """Every entry is inflated, piece by piece, and counted: what the archive says of its own sizes is not believed."""
    total = 0
    for one in entries:
        counted, begins = 0, b""
        for piece in _inflated(file, one):
            begins = begins or piece[:16]
            counted += len(piece)
            if total + counted > MOST_INFLATED:
                raise Trap(f"This document unpacks to far more than it should hold. {SAVE_AS_PDF}")
        if begins.startswith(_INNER):
            raise Trap(f"There is another file inside this document, such as a workbook or an archive. {SAVE_AS_PDF}")
        if counted != one.file_size:
            raise BadZipFile
        total += counted


def _inflated(file: BinaryIO, entry: ZipInfo) -> Iterator[bytes]:
    file.seek(entry.header_offset)
    mark, _, flags, method, *_, long, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    name = file.read(long)
    locked = (flags | entry.flag_bits) & 1
    if mark != b"PK\x03\x04" or method != entry.compress_type or name != _raw(entry) or locked:
        raise BadZipFile
    file.seek(extra, 1)
    left = entry.compress_size
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while left:
        packed = file.read(min(PIECE, left))
        if not packed or method not in {ZIP_STORED, ZIP_DEFLATED}:
            raise BadZipFile
        left -= len(packed)
        if method == ZIP_STORED:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, PIECE)
            packed = inflate.unconsumed_tail
    if method == ZIP_DEFLATED and entry.compress_size:
        yield inflate.flush()
        if not inflate.eof or inflate.unused_data:
            raise BadZipFile


def _raw(entry: ZipInfo) -> bytes:
    """The name as it stands in the archive."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & 0x800 else "cp437")
