"""The two kinds of model that everything else is made of."""

from pydantic import BaseModel, ConfigDict


class Word(BaseModel):
    """Something a person wrote (a policy, a command): unknown keys are refused, wrong input is never echoed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Message(BaseModel):
    """Something the engine keeps for years: unknown keys are passed over, so that old and new code read each other.

    Only optional fields may ever be added to a Message, and none may be tightened: old histories must still decode.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
