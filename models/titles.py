"""What something owed is called: by its block, and where a case owes it more than once, by what it is about.

Nothing of it is a word that somebody has written: references, numbers and the policy's own words.
"""

from models import shelf
from models.case import Case, whole_item
from models.child_death_commands import WaitsFor
from models.directory import Directory
from models.obligation import Obligation
from models.practice_review import method_of
from models.practice_review_commands import Proceeding, Role


def titled(case: Case, one: Obligation) -> str:
    """Such as "Action of the recommendation: recommendation 2, action 1"."""
    title = shelf.blocks(case.policy, case.kind)[one.block].title
    return f"{title}: {about(case, one.item)}" if one.item else title


def named(case: Case, key: str, directory: Directory) -> str:
    """With its agency: "Return of the agency, Harrowshire Police"; of an answer, with what it is about.

    Empty if the case knows nothing of this name.
    """
    one = case.obligations.get(key)
    if one is None:
        return ""
    title = titled(case, one)
    if one.of:
        return f"{title}: {named(case, one.of, directory)}"
    return f"{title}, {directory.agencies[one.agency].name}" if one.agency in directory.agencies else title


def about(case: Case, item: str) -> str:
    """An item of a case in words: "recommendation 2", "Seven-minute briefing", "Mother (1)"."""
    whole, _, part = item.partition(".")
    if whole in case.recommendations:
        action = f", action {part[1:]}" if part else ""
        return f"recommendation {whole[1:]}{action}"
    method = method_of(case)
    if method and item in method.deliverables:
        return method.deliverables[item]
    said = case.said
    if item in said.get("contributors", {}):
        return f"{Role(said['contributors'][item]['role']).words} ({item[1:]})"
    if item in said.get("waits", {}):
        kind = WaitsFor(said["waits"][item]["kind"]).words
        return f"{kind[:1].lower()}{kind[1:]} ({item[1:]})"
    if item in said.get("proceedings", {}):
        return f"{Proceeding(said['proceedings'][item]['proceeding']).words} ({item[1:]})"
    return item[1:] if whole_item(item)[1:].isdigit() else item
