"""Makes the thousand earlier recommendations and the sixty reworded ones (earlier.csv, reworded.csv) from topics.yaml.

The same topics always give the same files: run by hand when topics.yaml changes.
"""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
HOW_MANY = 1_000
SHAPES = (
    "{Who} should {action} {purpose}.",
    "{Board} should ask {who} to {action} {purpose}.",
    "Within {months} months {who} should {action}, {purpose}.",
    "{Who} should {action}. This is needed {purpose}.",
    "{Board} should be assured that there is a plan by {who} to {action} {purpose}.",
    "Together with its partners, {who} should {action} {purpose}.",
)
ASSURED = (
    "",
    "",
    "",
    "Progress should be reported to the learning and improvement sub-group every six months.",
    "An audit of twenty cases should show whether practice has changed.",
    "The effect should be tested after a year by asking children, families and practitioners.",
    "Staff should be told of this by a short briefing and in team meetings.",
    "This should be part of the next section 11 audit.",
    "The business unit should collect the figures each quarter.",
    "Where this is not possible, the reason should be written in the record.",
    "It should be part of induction and of level three training.",
    "{Board} should look at the findings at its next meeting.",
    "Guidance should be brought up to date and made easy to find.",
)
BOARDS = ("the Board", "the LSCB", "the partnership", "the safeguarding partners")


def upper(words: str) -> str:
    return words[0].upper() + words[1:]


def composed(topic: dict[str, Any], chance: Random) -> Iterator[tuple[str, str]]:
    """Recommendations about one topic, in the order of chance; none wants for the same reason what another wants."""
    parts = list(product(topic["actions"], topic["purposes"]))
    chance.shuffle(parts)
    for action, purpose in parts:
        who, board = chance.choice(topic["who"].split("|")), chance.choice(BOARDS)
        text = f"{chance.choice(SHAPES)} {chance.choice(ASSURED)}".strip()
        yield (
            topic["topic"],
            text.format(
                action=action,
                purpose=purpose,
                who=who,
                Who=upper(who),
                Board=upper(board),
                months=chance.choice(("three", "six", "nine")),
            ),
        )


Rows = list[tuple[str, ...]]


def compose() -> dict[str, Rows]:
    """The rows of each file, with their header."""
    chance = Random(20)  # noqa: S311 -- the same files each time
    topics = yaml.safe_load((HERE / "topics.yaml").read_text(encoding="utf-8"))
    by_hand = [(topic["topic"], text) for topic in topics for text in (topic["original"], *topic["neighbours"])]
    rest = [one for of_each in zip(*(composed(topic, chance) for topic in topics), strict=True) for one in of_each]
    earlier = by_hand + rest[: HOW_MANY - len(by_hand)]
    chance.shuffle(earlier)
    keys = {text: f"E{number:04}" for number, (_, text) in enumerate(earlier, 1)}
    return {
        "earlier.csv": [("key", "topic", "text"), *((keys[text], topic, text) for topic, text in earlier)],
        "reworded.csv": [
            ("says_again", "text"),
            *((keys[topic["original"]], topic["reworded"]) for topic in topics if "reworded" in topic),
        ],
    }


def main() -> None:
    for name, rows in compose().items():
        with (HERE / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
