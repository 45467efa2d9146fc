"""The identity provider of an organisation: sign-in by OpenID Connect (authorization code flow with PKCE).

Nothing is believed but an id token that the provider has signed, for us, for this very attempt (state and nonce), with
an e-mail address that it says it has verified. Offices and roles are never taken from it.
"""

import asyncio
import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import jwt

from models.base import Message
from records.production import HERE
from records.settings import Settings

ALGORITHMS: Final = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures by a key of the provider alone: never by our shared secret, and never none."""
SOON: Final = 10.0
"""Seconds that the provider has for an answer."""
LEEWAY: Final = 60
"""Seconds by which its clock may differ from ours."""


class ProviderSilent(Exception):
    """The provider does not answer, or answers what is not OpenID Connect."""


class NotVouched(Exception):
    """What came back is not of this attempt, not of this provider, or names no verified address."""


class Attempt(Message):
    """One sign-in on its way: kept, sealed, in the browser that began it."""

    state: str
    nonce: str
    verifier: str
    following: str = ""


def attempt(following: str) -> Attempt:
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Attempt(state=state, nonce=nonce, verifier=verifier, following=following)


class Provider:
    """Asks the provider what it says of itself when it is first needed, and again when it signs with a new key."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: dict[str, Any] = {}
        self._keys: jwt.PyJWKSet | None = None

    @property
    def back(self) -> str:
        """The address of ours to which it leads back; it has to be registered there."""
        return f"{self._settings.address}/sign-in/back"

    async def leads_to(self, one: Attempt) -> str:
        """Where the browser goes to sign in. Raises ProviderSilent."""
        challenge = urlsafe_b64encode(hashlib.sha256(one.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self._settings.oidc_client_id, "redirect_uri": self.back,
            "scope": "openid email", "state": one.state, "nonce": one.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        return _with(str((await self._discovered())["authorization_endpoint"]), asked)

    async def signs_out(self) -> str:
        """Where one signs out there as well; empty if it has no such page, or does not answer."""
        try:
            there = (await self._discovered()).get("end_session_endpoint")
        except ProviderSilent:
            return ""
        asked = {"client_id": self._settings.oidc_client_id, "post_logout_redirect_uri": f"{self._settings.address}/"}
        return _with(str(there), asked) if there else ""

    async def vouches_for(self, one: Attempt, code: str) -> str:
        """The verified e-mail address of whoever signed in there. Raises ProviderSilent, NotVouched."""
        found = await self._discovered()
        settings = self._settings
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self.back, "code_verifier": one.verifier,
        }  # fmt: skip
        secret = settings.oidc_client_secret.get_secret_value()
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" in methods:
            login = httpx2.BasicAuth(settings.oidc_client_id, secret)
            given = await self._asked("POST", str(found["token_endpoint"]), data=form, auth=login)
        else:
            known = {"client_id": settings.oidc_client_id, "client_secret": secret}
            given = await self._asked("POST", str(found["token_endpoint"]), data={**form, **known})
        claims = await self._claims(str(given.get("id_token", "")), one.nonce)
        if "email" not in claims and "userinfo_endpoint" in found:
            bearer = {"Authorization": f"Bearer {given.get('access_token', '')}"}
            told = await self._asked("GET", str(found["userinfo_endpoint"]), headers=bearer)
            if told.get("sub") != claims["sub"]:
                raise NotVouched
            claims = told
        if claims.get("email_verified") not in {True, "true"} or not claims.get("email"):
            raise NotVouched
        return str(claims["email"])

    async def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token, key, ALGORITHMS, audience=self._settings.oidc_client_id, issuer=self._settings.oidc_issuer,
                leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.PyJWTError:
            raise NotVouched from None
        ours = claims.get("azp", self._settings.oidc_client_id) == self._settings.oidc_client_id
        if not ours or not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise NotVouched
        return claims

    async def _key(self, id_: str) -> jwt.PyJWK:
        """The provider's key of this name, asked for anew where it is not known: providers change their keys."""
        for fresh in (False, True):
            if fresh or self._keys is None:
                address = str((await self._discovered())["jwks_uri"])
                self._keys = jwt.PyJWKSet.from_dict(await self._asked("GET", address))
            mine = [one for one in self._keys.keys if not id_ or one.key_id == id_]
            if mine:
                return mine[0]
        raise NotVouched

    async def _discovered(self) -> dict[str, Any]:
        """What it says of itself, under the address that we were given for it and no other."""
        if not self._found:
            issuer = self._settings.oidc_issuer
            found = await self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            needed = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
            if found.get("issuer") != issuer or not needed <= found.keys() or not _closed(found):
                raise ProviderSilent
            self._found = found
        return self._found

    @staticmethod
    async def _asked(method: str, address: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- what the client takes
        try:
            async with asyncio.timeout(SOON), httpx2.AsyncClient(timeout=SOON) as client:
                answer = await client.request(method, address, **more)
            found = answer.json()
        except (httpx2.HTTPError, TimeoutError, ValueError):
            raise ProviderSilent from None
        if answer.is_client_error:  # a code that was made up or used, a secret that is not ours
            raise NotVouched
        if not answer.is_success or not isinstance(found, dict):
            raise ProviderSilent
        return found


def _closed(found: dict[str, Any]) -> bool:
    """Whether everything of it is reached over https, or on this machine."""
    asked = [httpx2.URL(str(value)) for name, value in found.items() if name.endswith(("_endpoint", "jwks_uri"))]
    return all(one.scheme == "https" or one.host in HERE for one in asked)


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
