"""What became of a referral for each child, in words."""

from models.case import Case
from models.directory import Directory
from models.referral import Body, Route


def outcomes(case: Case, directory: Directory) -> dict[int, str]:
    """The route of each child with whom it leads to: "Pass to another body: Police". Empty before triage."""
    bodies = {one.value: one.words for one in Body}
    to = {
        child: bodies.get(name) or (directory.agencies[name].name if name in directory.agencies else name)
        for child, name in case.said.get("to", {}).items()
    }
    return {
        int(child): ": ".join(filter(None, (Route(route).words, to.get(child))))
        for child, route in case.said.get("routes", {}).items()
    }
