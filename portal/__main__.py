"""Starts the portal: `python -m portal`, with the settings of the environment."""

import uvicorn

from portal.app import create_app
from portal.chat import listening
from records import seeing
from records.opening import open_installation
from records.settings import Settings
from records.trouble import settle, start


async def run(settings: Settings) -> None:
    seeing.begin("portal", settings)
    there = await open_installation(settings)
    app = create_app(there, seeing.traced(await there.connect(lazy=True)))
    settle()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    async with listening(app.state.portal):
        await server.serve()
    await there.close()
    seeing.end()


if __name__ == "__main__":
    start(run)
