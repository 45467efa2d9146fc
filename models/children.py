"""Who the children are of whom a referral or the notification of a death tells: kept apart from the case, sealed."""

from typing import Any

OF_DEATHS = frozenset({"death_notified", "death_entered", "death_amended"})
"""Facts that say who a child was who has died; the last of them in a case holds."""


def children_of(kind: str, words: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- any JSON value
    """Of a fact of this kind, in its own words; none of a fact that names no child.

    Each has `name`, `born`, `died`, `nhs_number`, `address`, `sex`, `ethnic_group` and `legal_status` at least.
    """
    match kind:
        case "referral_received":
            return list(words["children"])
        case _ if kind in OF_DEATHS:
            named = ("name", "born", "died", "nhs_number", "address", "sex", "ethnic_group")
            return [{**{one: words.get(one, "") for one in named}, "legal_status": words.get("care_status", "")}]
        case _:
            return []
