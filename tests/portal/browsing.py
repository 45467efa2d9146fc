"""What a browser does with a form, without a browser: finds its inputs and what they would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from portal.forms import Form
from portal.pages import Page, Sheet, templates

ENV = templates()
Pairs = list[tuple[str, str]]


def rendered(form: Form, step: str = "") -> str:
    page = Page(form.command.TITLE, nonce="n")
    return ENV.get_template("form.html").render(page=page, sheet=Sheet(form, "/here", "token", "request-1", step=step))


@dataclass
class Seen:
    """A page as read: what its form would send, its ids, its links within the page, and the texts by id."""

    pairs: Pairs = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def answers(self) -> Pairs:
        return [pair for pair in self.pairs if not pair[0].startswith("_")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self.area: str | None = None
        self.select = ""
        self.error = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("id"):
            self.seen.ids.append(given["id"])
        if tag == "a" and given.get("href", "").startswith("#"):
            self.seen.places.append(given["href"][1:])
        if tag == "p" and "govuk-error-message" in given.get("class", ""):
            self.error = given.get("id", "")
        self._input(tag, given.get("name", ""), given.get("value", ""), given)

    def _input(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        seen = self.seen
        match tag, given.get("type", ""):
            case "button", _ if name:
                seen.buttons.append(value)
            case "input", "radio" | "checkbox":
                seen.choices.setdefault(name, []).append(value)
                seen.pairs += [(name, value)] if "checked" in given else []
            case "input", kind:
                seen.boxes += [] if kind == "hidden" else [name]
                seen.pairs.append((name, value))
            case "textarea", _:
                seen.areas.append(name)
                seen.pairs.append((name, ""))
                self.area = name
            case "select", _:
                self.select = name
            case "option", _ if self.select:
                seen.choices.setdefault(self.select, []).append(value)
                seen.pairs += [(self.select, value)] if "selected" in given else []

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area is not None:
            name, value = self.seen.pairs[-1]
            self.seen.pairs[-1] = (name, value.removeprefix("\n"))
            self.area = None
        if tag == "select":
            self.select = ""
        if tag == "p":
            self.error = ""

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            name, value = self.seen.pairs[-1]
            self.seen.pairs[-1] = (name, value + data)
        if self.error:
            self.seen.errors[self.error] = f"{self.seen.errors.get(self.error, '')} {data.strip()}".strip()


def seen(form: Form, step: str = "") -> Seen:
    reader = _Reader()
    reader.feed(rendered(form, step))
    reader.close()
    return reader.seen
