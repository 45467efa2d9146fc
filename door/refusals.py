"""Why the door did not open. Each class is one kind of answer; each carries words for the person who asked.

Refusal
  Invalid        the command itself: every problem, next to its field
  NotAllowed     this person may not
  NotThere       no such case (or none that this person may know of)
  MovedOn        the page was out of date
  OtherBody      the same request, with other words
  NotStored      the database cannot be used just now, so nothing was asked
  NotConfirmed   nobody knows yet whether it was written: ask again with the same request
"""

from collections.abc import Sequence

from models.facts import Problem


class Refusal(Exception):
    """Something was asked and is not done, or not known to be done."""

    status = 422

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        self.problems = [Problem(words=problems)] if isinstance(problems, str) else list(problems)
        super().__init__(type(self).__name__)


class Invalid(Refusal):
    status = 422


class NotAllowed(Refusal):
    status = 403


class NotThere(Refusal):
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "There is no such page, or it is not yours to open. Check the address, or go back to the start."
        )


class MovedOn(Refusal):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "Something has happened in this case since you opened this page. What you typed is still here: "
            "look at what is new, then send it again."
        )


class OtherBody(Refusal):
    status = 409

    def __init__(self) -> None:
        super().__init__("This was sent before with other words. Open the page anew and send it from there.")


class NotConfirmed(Refusal):
    status = 503

    def __init__(self, request: str) -> None:
        self.request = request
        super().__init__(
            "Not yet confirmed. What you typed is kept. It may well be recorded when the service is back: "
            "wait a moment and send it again, it will not be recorded twice."
        )


class NotStored(Refusal):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "This could not be stored, so it is not recorded: the database cannot be written just now "
            "(its disk may be full). Tell whoever runs the service, and send it again when it is mended."
        )
