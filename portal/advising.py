"""Advice on a recommendation while it is being written: what it still lacks, in plain words. It stops nothing."""

from models.examining import as_far_as_read
from models.quality import Draft, Finding, Measure, findings
from models.recommending import Recommend, gate_of, pursues
from portal.forms import Form
from records.questions import CaseView


def advice(view: CaseView, kind: str, form: Form) -> list[Finding]:
    """What the draft in a form lacks; nothing of any other form, and nothing before anything was written."""
    case = view.state
    if kind != Recommend.KIND or not pursues(case):
        return []
    read = as_far_as_read(Recommend, form.answers)
    text = str(getattr(read, "text", ""))
    if not text:
        return []
    draft = Draft(
        text=text,
        owner=str(getattr(read, "owner", "")),
        due=getattr(read, "by", None),
        actions=tuple(str(getattr(one, "action", "")) for one in getattr(read, "actions", ())),
        measures=tuple(
            Measure(words=str(getattr(one, "measure", "")), baseline=str(getattr(one, "baseline", "")))
            for one in getattr(read, "measures", ())
        ),
        in_case=len(case.recommendations) + 1,
    )
    return list(findings(draft, few=gate_of(case).few))
