"""What a draft recommendation still lacks, said while it is being written. Advice in plain words, never a refusal.

One owner, one thing to do, a measure with a baseline that would show a difference for children, a date, and few enough
of them: what drifts later mostly lacked one of these on its first day. English is read here by patterns, which can be
wrong both ways; so a person decides, and no rule of the gate rests on this.
"""

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import pairwise

from models.base import Message


class Lack(StrEnum):
    """What may be found."""

    NO_TEXT = "no_text"
    SEVERAL_VERBS = "several_verbs"
    NOTHING_ASKED = "nothing_asked"
    WISH = "wish"
    EVERYBODY = "everybody"
    NO_ACTION = "no_action"
    NO_OWNER = "no_owner"
    SEVERAL_OWNERS = "several_owners"
    NO_MEASURE = "no_measure"
    ACTIVITY = "activity"
    NOT_OF_CHILDREN = "not_of_children"
    NO_BASELINE = "no_baseline"
    VAGUE_BASELINE = "vague_baseline"
    NO_DATE = "no_date"
    TOO_MANY = "too_many"


class Measure(Message):
    """How it would be known that something is different, and how it is now."""

    words: str
    baseline: str = ""


class Draft(Message):
    """A recommendation as far as it has been written; `in_case` counts those of its case, this one included."""

    text: str = ""
    actions: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    due: date | None = None
    owner: str = ""
    in_case: int = 1


class Finding(Message):
    """`field` is one of the draft, or of a measure (`measures.0.words`); `go_on` says how to mend it."""

    lack: Lack
    field: str
    words: str
    go_on: str


def findings(draft: Draft, *, few: int) -> tuple[Finding, ...]:
    """What the draft lacks, in the order of its fields; nothing where nothing was seen.

    `few` is how many recommendations of one case the partnership wants at most, by its policy.
    """
    return (
        *_of_text(draft.text),
        *_of_actions(draft.actions),
        *_of_measures(draft.measures),
        *_of_due(draft.due),
        *_of_owner(draft.owner),
        *_of_number(draft.in_case, few),
    )


def _of_text(text: str) -> Iterator[Finding]:
    if not text.strip():
        yield Finding(
            lack=Lack.NO_TEXT,
            field="text",
            words="Nothing is recommended yet.",
            go_on="Write who should do what, in one sentence.",
        )
        return
    verbs = _verbs(text)
    if not verbs:
        yield Finding(
            lack=Lack.NOTHING_ASKED,
            field="text",
            words="It does not say who should do what.",
            go_on="Write it as “the hospital trust should ...”. What was found belongs into the report.",
        )
    if len(verbs) > 1:
        yield Finding(
            lack=Lack.SEVERAL_VERBS,
            field="text",
            words=f"It asks for several things: {', '.join(verbs)}.",
            go_on="Keep the one that makes the difference; make the others actions of it, or leave them out.",
        )
    if wish := WISH.search(text):
        yield Finding(
            lack=Lack.WISH,
            field="text",
            words=f"“{wish[0]}” can be said to be done without anything having changed.",
            go_on="Say what would be done and could be seen: what, by whom, for which children.",
        )
    if everybody := EVERYBODY.search(text):
        yield Finding(
            lack=Lack.EVERYBODY,
            field="text",
            words=f"“{everybody[1]}” names nobody who could be asked about it.",
            go_on="Name one agency. What others have to do for it can be actions.",
        )
    elif several := _several_in(text):
        yield Finding(
            lack=Lack.SEVERAL_OWNERS,
            field="text",
            words=f"“{several}” are more than one.",
            go_on="Name the one that answers for it. What the others do can be actions.",
        )


def _of_actions(actions: tuple[str, ...]) -> Iterator[Finding]:
    if not any(action.strip() for action in actions):
        yield Finding(
            lack=Lack.NO_ACTION,
            field="actions",
            words="No action is named.",
            go_on="Write the first thing that somebody will do, and then the next.",
        )


def _of_measures(measures: tuple[Measure, ...]) -> Iterator[Finding]:
    if not any(measure.words.strip() for measure in measures):
        yield Finding(
            lack=Lack.NO_MEASURE,
            field="measures",
            words="Nothing says how it would be known that it worked.",
            go_on="Ask: if this works, what is different for a child in a year, and who would count or hear it?",
        )
    for place, measure in enumerate(measures):
        if not measure.words.strip():
            continue
        field = f"measures.{place}"
        if not OF_SO_MANY_CHILDREN.search(measure.words):
            if done := DONE.search(measure.words):
                yield Finding(
                    lack=Lack.ACTIVITY,
                    field=f"{field}.words",
                    words=f"“{done[0]}” measures that something was done, not that it made a difference.",
                    go_on="Keep it as evidence of delivery. Measure what children then have, say or come to.",
                )
            elif not CHILD.search(measure.words):
                yield Finding(
                    lack=Lack.NOT_OF_CHILDREN,
                    field=f"{field}.words",
                    words="It does not say what would be different for children or their families.",
                    go_on="Name them: how many children, how soon, how often, or what they say themselves.",
                )
        if NOT_KNOWN.fullmatch(measure.baseline):
            yield Finding(
                lack=Lack.NO_BASELINE,
                field=f"{field}.baseline",
                words="It does not say how things are now, so that no change could be shown.",
                go_on="Give the figure of today and its date. If nobody knows it, make finding out the first action.",
            )
        elif len(measure.baseline.split()) <= A_FEW_WORDS and not COUNTED.search(measure.baseline):
            yield Finding(
                lack=Lack.VAGUE_BASELINE,
                field=f"{field}.baseline",
                words=f"Nothing later could be compared with “{measure.baseline.strip()}”.",
                go_on="Give a figure and its date, or what children, families or practitioners said.",
            )


def _of_due(due: date | None) -> Iterator[Finding]:
    if due is None:
        yield Finding(
            lack=Lack.NO_DATE,
            field="due",
            words="It has no date.",
            go_on="Give the day by which it is done. “Ongoing” is never overdue, and never done.",
        )


def _of_owner(owner: str) -> Iterator[Finding]:
    if NOT_KNOWN.fullmatch(owner) or NOBODY.fullmatch(owner):
        yield Finding(
            lack=Lack.NO_OWNER,
            field="owner",
            words="Nobody owns it.",
            go_on="Name the person who answers for it. A deputy can be named beside them.",
        )
    elif _several_names(owner):
        yield Finding(
            lack=Lack.SEVERAL_OWNERS,
            field="owner",
            words="It has more than one owner, so each can wait for the other.",
            go_on="Choose one. The others can be deputy, sponsor, or owner of an action.",
        )


def _of_number(in_case: int, few: int) -> Iterator[Finding]:
    if in_case > few:
        yield Finding(
            lack=Lack.TOO_MANY,
            field="in_case",
            words=f"This is number {in_case} of the same case; the partnership wants at most {few}.",
            go_on="Ask which of them would have changed what happened to the child, and leave out the least.",
        )


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# How these are said. Verbs that are nouns as well count as verbs only before a word like "the" or "how".
VERBS = _set("""
    add adopt agree analyse appoint arrange ask assess attend brief bring build circulate collect commission complete
    conduct consider consult convene create define deliver design develop devise discuss disseminate distribute embed
    enable ensure establish evaluate examine explore extend find gather give hold identify implement improve include
    inform introduce invite issue keep launch listen make measure monitor notify obtain offer organise oversee produce
    promote provide publicise publish raise read reinforce relaunch remind remove replace report request require revise
    rewrite roll run seek see send speak strengthen submit take teach tell undertake update use verify write
""")
NOUNS_TOO = _set("""
    audit change check contact document guide lead map plan record refer review sample share support test track train
    visit work
""")
IRREGULAR = _set("brought built found given held kept made put read sent seen set taken taught told written")
BEFORE_A_NOUN = _set("a all an any both each every how its that the their these this those what whether who")
BETWEEN = _set("also be not now should must then to together")
JOINS = _set("and or ,")

SHOULD = r"\b(?:should|must|shall|(?<!the )needs? to|ha(?:s|ve) to|(?:is|are) to|ought to)\b"
MODAL = re.compile(f"({SHOULD})", re.IGNORECASE)
CLAUSE_ENDS = re.compile(
    r"\b(?:so that|because|in order|where|when|which|who|whose|that|until|if|before|after)\b|[:;]", re.IGNORECASE
)
WISH = re.compile(
    r"\b(?:consider(?:ation|ing)?|explore|seek to|endeavour to|strive to|try to|ensure|be assured|assure itself"
    r"|be (?:mindful|aware|reminded|encouraged)|raise awareness|where possible|as appropriate|continue to)\b",
    re.IGNORECASE,
)
EVERYBODY = re.compile(
    r"(?:^|[.]\s+)((?:all |every |each |the )?(?:partner agenc|agenc|partner(?!ship)|professional|practitioner"
    rf"|organisation|everybody|everyone|staff|services?\b(?! for)|worker)\w*)\b[^.]{{0,40}}?{SHOULD}",
    re.IGNORECASE,
)
MADE = (
    r"(?:training|policy|policies|protocol|procedures?|guidance|briefings?|leaflets?|workshops?|meetings?|tool(?:kit)?s?"
    r"|audits?|campaign|pathway|forms?|template|report|review|newsletter|posters?|sessions?|course|e-learning)"
)
TOLD = r"(?:staff|practitioners|professionals|workers|officers|nurses|midwives|doctors|teachers|managers)"
FINISHED = (
    r"(?:deliver|complet|updat|publish|circulat|issu|launch|attend|train|review|revis|written|held|sent|shar|agreed"
    r"|in place|disseminat|distribut|rolled out|produced|develop|remind|brief|embedd|sign)"
)
DONE = re.compile(
    rf"\b(?:{MADE}|{TOLD})\b[^.;]{{0,40}}?\b{FINISHED}\w*|\b(?:new|{FINISHED}\w*) {MADE}\b", re.IGNORECASE
)
CHILDREN = (
    r"(?<!work with )(?<!working with )(?<!works with )\b(?:child(?:ren)?|bab(?:y|ies)|infants?|young (?:people|person)"
    r"|pupils?|girls?|boys?|teenagers?|adolescents?|care leavers?|famil(?:y|ies)|parents?|mothers?|fathers?|carers?"
    r"|siblings?)\b(?![’']?s? (?:services?|social|centres?|homes?|board))"
)
CHILD = re.compile(CHILDREN, re.IGNORECASE)
OF_SO_MANY_CHILDREN = re.compile(
    r"\b(?:share|number|proportion|percentage|per cent|rate|half|most|more|fewer|how many|all|each|every|[0-9]+%?)"
    rf"\s+(?:of\s+)?(?:the\s+|all\s+|our\s+)?(?:\w+\s+){{0,2}}?{CHILDREN}",
    re.IGNORECASE,
)
NOT_KNOWN = re.compile(r"\W*(?:tb[ca]|n/?a|unknown|not known|to be (?:confirmed|agreed|decided))?\W*", re.IGNORECASE)
A_FEW_WORDS = 3
"""What somebody said takes more, and needs no figure."""
COUNTED = re.compile(
    r"[0-9]|\b(?:no|none|nobody|never|zero|one|two|three|half|third|quarter|all|most)\b", re.IGNORECASE
)
NOBODY = re.compile(
    r"\s*(?:all|everybody|everyone|various|(?:all )?(?:partner )?agencies|(?:all )?partners)\s*", re.IGNORECASE
)
NOT_A_NAME = re.compile(r"\b(?:is|are|was|were|of|for|to|with|between)\b", re.IGNORECASE)
OFFICE = re.compile(
    r"\b(?:head|director|manager|lead|chief|chair|nurse|doctor|officer|inspector|superintendent|midwife|commissioner)\b",
    re.IGNORECASE,
)


def _verbs(text: str) -> tuple[str, ...]:
    """What is asked for, in the order of the text: after "should", and what "and" or a comma joins to it."""
    found: dict[str, None] = {}
    for sentence in re.split(r"(?<=[.!?])\s+", text.strip()):
        _, modal, rest = MODAL.split(sentence, maxsplit=1) if MODAL.search(sentence) else ("", "", sentence)
        if modal or _imperative(sentence):
            for part in MODAL.split(CLAUSE_ENDS.split(rest)[0])[::2]:
                found |= dict.fromkeys(_chain(part))
    return tuple(found)


def _imperative(sentence: str) -> bool:
    """Without "should": "Review the policy", "To review the policy"."""
    first = re.sub(r"^to\s+", "", sentence.lower()).split(" ", 1)[0]
    return first in VERBS | NOUNS_TOO


def _chain(part: str) -> Iterator[str]:
    """The first word that can be a verb, and each verb that "and", "or" or a comma joins to it."""
    words = [word for word in re.findall(r"[a-z’'-]+|,", part.lower()) if not word.endswith("ly")]
    passive, first, joined = "be" in words[:3], True, True
    for word, following in pairwise([*words, ""]):
        if word in JOINS:
            joined = True
        elif joined and word not in BETWEEN:
            if _is_verb(word, following, passive=passive):
                yield word
            elif first:  # whatever follows "should" is a verb, known or not
                yield f"be {word}" if passive else word
            first = joined = False


def _is_verb(word: str, following: str, *, passive: bool) -> bool:
    if passive:
        return word in IRREGULAR or word.endswith("ed")
    return word in VERBS or (word in NOUNS_TOO and following in BEFORE_A_NOUN)


def _several_in(text: str) -> str:
    """Whom the text asks, if that is more than one; "Children and Families Service" is one, "letters" are nobody."""
    subject, modal, rest = MODAL.split(text, maxsplit=1) if MODAL.search(text) else ("", "", "")
    asked = re.split(r"[,.:;]\s+", subject.strip())[-1]
    first, _, second = asked.rpartition(" and ")
    if not modal or not first or rest.startswith(" be ") or NOT_A_NAME.search(asked):
        return ""
    one_each = " " not in first + second
    plural = second.endswith("s") and not re.search(r"services?$", second)
    return asked if one_each or plural or second.lower().startswith(("the ", "its ")) else ""


def _several_names(owner: str) -> bool:
    """Whether more than one; "Head of Safeguarding and Quality" is one, and so is "Asha Bell, Head of Service"."""
    parts = re.split(r"\s*(?:[/;&+,\n]|\band\b|\bor\b)\s*", owner.strip())
    if len(parts) == 1:
        return False
    offices = [bool(OFFICE.search(part)) for part in parts]
    one_office = offices[0] and not any(offices[1:]) and re.search(r"\b(?:of|for)\b", parts[0], re.IGNORECASE)
    titled = "," in owner and offices == [False, True]
    return not (one_office or titled)
