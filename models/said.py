"""What to do about each question that was left unanswered, where its own title does not make a sentence.

"Your name" becomes "Enter your name" by rule; a question does not, so its sentence stands here. Without full stop.
"""

from collections.abc import Mapping
from typing import Final

ENTER: Final[Mapping[str, str]] = {
    # A referral
    "What has happened?": "Choose what has happened",
    "When did it happen?": "Enter when it happened",
    "When did your organisation become aware of it?": "Enter when your organisation became aware of it",
    "Did it happen in our area?": "Choose whether it happened in our area",
    "Is abuse or neglect known or suspected?": "Choose whether abuse or neglect is known or suspected",
    "Where did it happen?": "Enter where it happened",
    "What do you know about what happened?": "Enter what you know about what happened",
    "Has the coroner been told?": "Choose whether the coroner has been told",
    "What harm, and is it likely to last?": "Enter what harm was done, and whether it is likely to last",
    "The children": "Enter at least one child",
    "Full name": "Enter the child’s full name",
    "Date of birth": "Enter the child’s date of birth",
    "Expected date of birth, if not yet born": "Enter the expected date of birth",
    "Date of death, if the child has died": "Enter the date of death",
    "Sex": "Choose the child’s sex",
    "Ethnic group": "Enter the child’s ethnic group",
    "Disability or health condition": "Enter the child’s disability or health condition",
    "NHS number, if you have it": "Enter the child’s NHS number",
    "Home address": "Enter the child’s home address",
    "Care or protection status": "Enter the child’s care or protection status",
    "Are there other children in the household, or in the same care?": (
        "Choose whether there are other children in the household, or in the same care"
    ),
    "Who cares for them now?": "Enter who cares for the other children now",
    "Are they safe now?": "Choose whether the other children are safe now",
    "What is being done to make them safe?": "Enter what is being done to make the other children safe",
    "Which agencies know the family?": "Enter which agencies know the family",
    "A phone number for questions": "Enter a phone number for questions",
    "Have you agreed this referral with your safeguarding lead?": (
        "Choose whether you have agreed this referral with your safeguarding lead"
    ),
    # Triage and its followers
    "Decided against": "Enter the set of criteria against which it is decided",
    "The criteria": "Answer every criterion",
    "Criterion": "Enter the short name of the criterion",
    "Child": "Enter the number of the child",
    "Is it met?": "Choose whether the criterion is met",
    "Why?": "Enter why",
    "Why": "Enter why",
    "What happens next for this child?": "Choose what happens next for this child",
    "Which body?": "Choose the body that it is passed to",
    "Which case?": "Enter the reference of the case that it joins",
    "Are the other children safe now?": "Choose whether the other children are safe now",
    "Who cares for them, and how do you know?": "Enter who cares for the other children, and how you know",
    "Must this case be restricted to named people?": "Choose whether this case must be restricted to named people",
    "When was it sent?": "Enter when it was sent",
    "Who sent it?": "Enter who sent it",
    "Who sent it, and in what role?": "Enter who sent it, and in what role",
    "Reference given by the service": "Enter the reference given by the service",
    "How was the referrer told?": "Choose how the referrer was told",
    "What were they told, or why not?": "Enter what they were told, or why not",
    "Is it the same incident?": "Choose whether it is the same incident",
    "How do you know?": "Enter how you know",
    # A rapid review
    "When was it withdrawn?": "Enter when it was withdrawn",
    "Which criterion is not met, and how was that found?": "Enter which criterion is not met, and how that was found",
    "Which agencies do you ask?": "Choose at least one agency",
    "Anything they should look for": "Enter anything that they should look for",
    "Agency": "Choose the agency",
    "Does your agency hold information?": "Choose whether your agency holds information",
    "Summary of involvement": "Enter a summary of involvement",
    "What was life like for the child, in their own words where you have them?": (
        "Enter what life was like for the child"
    ),
    "What went well, and what could have been done otherwise?": (
        "Enter what went well, and what could have been done otherwise"
    ),
    "Learning, and what has been changed already": "Enter the learning, and what has been changed already",
    "Chronology": "Enter the chronology",
    "Date": "Enter the date",
    "What happened, and who was involved by role?": "Enter what happened, and who was involved by role",
    "Significance": "Choose how significant it is",
    (
        "How did race, inequality and protected characteristics, disability among them, shape the child's life "
        "and the practice?"
    ): ("Enter how race, inequality and protected characteristics shaped the child’s life and the practice"),
    "When does it begin?": "Enter when it begins",
    "How many minutes?": "Enter how many minutes it takes",
    "Where, or how to join": "Enter where it is, or how to join",
    "When was it held?": "Enter when it was held",
    "Which seats were filled?": "Choose the seats that were filled",
    "Which agencies attended?": "Choose the agencies that attended",
    "Notes of the discussion": "Enter notes of the discussion",
    "When was it decided?": "Enter when it was decided",
    "The safeguarding partners": "Record the position of every safeguarding partner",
    "Partner": "Choose the partner",
    "Position": "Choose the position of this partner",
    "What is the decision?": "Choose the decision",
    "Which review does it join?": "Enter which review it joins",
    "Until which event?": "Choose the event that the decision waits for",
    "When do you look again, if the event has not come?": "Enter the day on which you look again",
    "Which agency acts?": "Choose which agency acts",
    "What will change?": "Enter what will change",
    "By when?": "Enter by when",
    "What was done, and how do you know that it made a difference?": (
        "Enter what was done, and how you know that it made a difference"
    ),
    "Reference, if the panel gave one": "Enter the panel’s reference",
    "When did it arrive?": "Enter when it arrived",
    "What does the panel say?": "Choose what the panel says",
    "What was sent?": "Enter what was sent",
    "When?": "Enter when it happened",
    "What does it say?": "Enter what it says",
    # Answers that every case takes
    "What is promised": "Choose what is promised",
    "By which day will it be done?": "Enter the day by which it will be done",
    "What is disputed": "Choose what is disputed",
    "Why do you dispute it?": "Choose why you dispute it",
    "Tell us more": "Tell us more about why you dispute it",
    "What was disputed": "Choose what was disputed",
    "What is your answer to the dispute?": "Choose your answer to the dispute",
    "What needs more time": "Choose what needs more time",
    "Until which day do you need?": "Enter the day until which you need",
    "Why is more time needed?": "Enter why more time is needed",
    "Do you give more time?": "Choose whether you give more time",
    "New date": "Enter the new date",
    "Which clock stops": "Choose the clock that stops",
    "When will the suspension be reviewed?": "Enter when the suspension will be reviewed",
    "On whose authority?": "Enter on whose authority",
    "Why must it wait?": "Enter why it must wait",
    "Which clock stands still": "Choose the clock that stands still",
    "What happens now?": "Choose what happens now",
    "Next review date": "Enter the next review date",
    "Which date is wrong": "Choose the date that is wrong",
    "When did it really happen?": "Enter when it really happened",
    "What has come to light?": "Enter what has come to light",
    "Which calendar": "Choose the calendar",
    "Which policy": "Choose the policy",
}
