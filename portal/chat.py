"""Where answers from Slack come in: one address for what Slack signs, and the socket where there is an app's token."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from portal.visiting import Portal

NOT_SET_UP = "Slack is not set up here. Whoever runs the service finds in docs/slack.md what is missing."


def router(portal: Portal) -> APIRouter:
    """Takes at /slack/events what Slack signs. Neither session nor form token is asked for: the signature is both."""
    pages, settings = APIRouter(), portal.settings
    if not (settings.slack_token.get_secret_value() and settings.slack_signing_secret.get_secret_value()):

        @pages.post("/slack/events")
        async def not_set_up(request: Request) -> Response:
            return PlainTextResponse(NOT_SET_UP, HTTPStatus.NOT_FOUND)

        return pages

    from notifier.answering import Answering  # noqa: PLC0415 -- half a second, for those who have Slack

    pages.add_api_route(
        "/slack/events", Answering(portal.there, portal.door, portal.clock).take, methods=["POST"], response_model=None
    )
    return pages


@asynccontextmanager
async def listening(portal: Portal) -> AsyncIterator[None]:
    """Meanwhile be connected by Socket Mode, where the settings have an app's token."""
    settings = portal.settings
    if not (settings.slack_token.get_secret_value() and settings.slack_app_token.get_secret_value()):
        yield
        return

    from notifier.answering import Answering  # noqa: PLC0415 -- half a second, for those who have Slack

    task = asyncio.create_task(Answering(portal.there, portal.door, portal.clock).listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
