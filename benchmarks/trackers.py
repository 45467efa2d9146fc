"""A tracker to take over, of any size: twenty recommendations to a review, owned by all agencies in turn."""

from collections.abc import Sequence
from datetime import date
from itertools import cycle
from pathlib import Path

from models.tracker import Recommendation, Review, Status, Tracker, digest_of, key_of
from models.tracker_mapping import ReviewKind, ReviewStatus
from policy.reading import read_directory_file

HOME = Path(__file__).parent.parent
EACH = 20
FAR = date(2031, 6, 30)


def tracker(size: int, targets: Sequence[date] = (FAR,), themes: Sequence[str] = ()) -> Tracker:
    """So many recommendations that are being carried out, of reviews that were published years ago.

    `targets` and `themes` go round: each recommendation has the next target, and the next theme if there are any.
    """
    directory = read_directory_file(HOME / "policy" / "directory.example.yaml")
    agencies = [(agency, directory.people_of(agency)[0]) for agency in directory.agencies]
    reviews = [
        Review(
            key=key_of(f"Review {n}"), name=f"Review {n}", kind=ReviewKind.LCSPR, commissioned=date(2018, 3, 1),
            published=date(2019, 3, 1), status=ReviewStatus.PUBLISHED, cell=f"Tracker!A{n + 2}",
        )
        for n in range(size // EACH)
    ]  # fmt: skip
    found, target, theme = [], cycle(targets), cycle(themes or ("",))
    for number in range(size):
        review, (agency, owner) = reviews[number // EACH], agencies[number % len(agencies)]
        text = f"Change how matter {number} is seen, asked about and written down by everybody who meets the family."
        said = {
            "review": review.key, "number": str(number % EACH + 1), "text": text, "agency": agency, "owner": owner,
            "measures": ("More children are seen in time.",), "baseline": "Four of ten.",
            "target": next(target), "status": Status.IN_PROGRESS, "themes": (next(theme),) if themes else (),
        }  # fmt: skip
        key = key_of(review.key, str(number))
        found.append(
            Recommendation.model_validate(
                {
                    **said,
                    "key": key,
                    "stem": key,
                    "digest": digest_of(said),
                    "sheet": "Tracker",
                    "row": number + 2,
                    "rows": (number + 2,),
                }
            )
        )
    return Tracker(reviews=tuple(reviews), recommendations=tuple(found), problems=(), warnings=(), passed_over=())
