"""Files for tests: each as small as a file of its type can be."""

import io
import zlib
from collections.abc import AsyncIterator, Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import xlsxwriter

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01"
LETTER = b"Received: by mail\r\nFrom: a@example.org\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\nCaf\xe9\r\n"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + bytes(300)
OOXML = "application/vnd.openxmlformats-officedocument."
WORD = f"{OOXML}wordprocessingml.document"


def archive(parts: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=1) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def word(parts: Mapping[str, bytes] | None = None, kind: str = f"{WORD}.main+xml") -> bytes:
    types = f'<Types><Override PartName="/word/document.xml" ContentType="{kind}"/></Types>'
    return archive({"[Content_Types].xml": types.encode(), "word/document.xml": b"<w/>", **(parts or {})})


def workbook() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "Audit")
    return made.getvalue()


def open_document(parts: Mapping[str, bytes] | None = None) -> bytes:
    return archive({
        "mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<office/>", **(parts or {})
    })  # fmt: skip


def bomb() -> bytes:
    """A document of some hundred kilobytes that says it holds a few bytes, and holds hundreds of megabytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(10_000_000)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)
    whole = block * 31 + packer.flush(zlib.Z_FINISH)
    made = io.BytesIO(word())
    with ZipFile(made, "a", ZIP_STORED) as file:
        file.writestr("word/media/image1.png", b"@" * len(whole))
        local = file.getinfo("word/media/image1.png").header_offset
    raw = bytearray(made.getvalue())
    listed = raw.rfind(b"PK\x01\x02")
    raw[local + 8] = raw[listed + 10] = ZIP_DEFLATED
    raw[listed + 24 : listed + 28] = (16).to_bytes(4, "little")
    return bytes(raw.replace(b"@" * len(whole), whole))


async def pieces(*data: bytes, times: int = 1) -> AsyncIterator[bytes]:
    """As it comes from a browser. `times`: the same again and again, without ever being whole in memory."""
    for _ in range(times):
        for one in data:
            yield one
