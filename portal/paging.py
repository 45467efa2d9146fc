"""Long lists in pages, with the links from one to the next."""

from collections.abc import Callable
from typing import Any, Final

from records.tracking import pages_of

_LONGEST: Final = 6


def page_of(asked: str) -> int:
    """The number of the page that an address asks for; the first where it names none that there can be."""
    return max(int(asked), 1) if asked.isascii() and asked.isdigit() and len(asked) < _LONGEST else 1


def paging(page: int, count: int, href: Callable[[int], str]) -> dict[str, Any]:
    """The options of GOV.UK's pagination; empty where everything stands on one page. `href`: the address of a page."""
    last = pages_of(count)
    if last == 1:
        return {}
    near = {1, last, *range(max(1, page - 1), min(last, page + 1) + 1)}
    items: list[dict[str, Any]] = []
    for number in sorted(near):
        if items and number - 1 not in near:
            items.append({"ellipsis": True})
        items.append({"number": number, "current": number == page, "href": href(number)})
    return {
        "items": items,
        **({"previous": {"href": href(page - 1)}} if page > 1 else {}),
        **({"next": {"href": href(page + 1)}} if page < last else {}),
    }
