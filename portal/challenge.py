"""A professional disagreement in a few words: who challenges whom, about what, and whether a child is at risk now."""

from models.command import Known
from models.directory import Directory
from models.disagreement import RaiseDisagreement, Risk
from portal.pages import moment
from portal.said import Pair, answered
from records.questions import CaseView, Entry


def challenge_of(view: CaseView, directory: Directory) -> list[Pair]:
    """What has to be known before anybody acts on a disagreement; nothing of any other case.

    Its words are there for those who may read them, as on the time line.
    """
    raised = next((entry for entry in view.entries if entry.kind == RaiseDisagreement.FACT), None)
    if raised is None:
        return []
    sides = " challenges ".join(directory.called(raised.data[name]) for name in ("agency", "challenged"))
    words = {name: said for name, said in (raised.words or {}).items() if name in {"about", "wanted"}}
    risk = ("Is a child at risk now?", _risk(view, raised))
    return [("Who challenges whom?", sides), risk, *answered(RaiseDisagreement, words)]


def _risk(view: CaseView, raised: Entry) -> str:
    """What was said last, and when."""
    last = next((entry for entry in reversed(view.entries) if entry.kind == "risk_changed"), None)
    said = Risk(last.data["at_risk"]) if last else Known(raised.data.get("at_risk", Known.NOT_KNOWN))
    return f"{said.words} (said {moment((last or raised).at)})"
