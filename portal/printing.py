"""Pages as PDF that a screen reader can follow (PDF/UA), made from a page that stands by itself."""

import asyncio
from typing import Final

from starlette.responses import Response

PDF: Final = "application/pdf"


class CannotPrint(Exception):
    """The libraries that set a page are not on this machine."""

    words = (
        "A PDF cannot be made here: the library Pango is missing. Print the page from the browser instead, or ask "
        "whoever runs the service to install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0."
    )


class Printer:
    """Sets one page after the other, so that several who print leave the rest of the service its time."""

    def __init__(self) -> None:
        self._free = asyncio.Lock()

    async def as_pdf(self, html: str, base: str) -> bytes:
        """The page as PDF/UA. `base`: where the service is, to which links lead; nothing is ever fetched from anywhere.

        Raises CannotPrint where Pango is not installed.
        """
        async with self._free:
            return await asyncio.to_thread(_set, html, base)


def attached(content: bytes, name: str) -> Response:
    """A PDF to be kept. `name`: of the file, without a person in it."""
    return Response(content, media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'})


def _set(html: str, base: str) -> bytes:
    try:
        from weasyprint import HTML  # noqa: PLC0415 -- it looks for Pango when it is imported, and most pages need neither
        from weasyprint.urls import URLFetcher  # noqa: PLC0415 -- as above
    except OSError as error:
        raise CannotPrint from error
    page = HTML(string=html, base_url=base, url_fetcher=URLFetcher(allowed_protocols=["data"]))
    made: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    return made
