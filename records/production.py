"""What keeps an installation from production, and how to mend it: asked at every start, and by `reviews doctor`."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from models.base import Message
from records.settings import Settings, SignIn

HERE = {"127.0.0.1", "::1", "localhost"}


class Obstacle(Message):
    what: str
    why: str
    do: str


def obstacles(settings: Settings) -> Iterable[Obstacle]:
    """What has to be mended first: always of a sign-in that cannot work, the rest in the production form alone."""
    if settings.sign_in is SignIn.OIDC:
        yield from _provider(settings)
    if not settings.production:
        return
    if settings.sign_in is SignIn.PASSWORD:
        yield Obstacle(
            what="A password alone is enough to sign in.",
            why="Whoever learns one password reads what is recorded about children.",
            do="Set REVIEWS_SIGN_IN to second_factor, or to oidc with an identity provider (docs/sign-in.md).",
        )
    if settings.demonstration:
        yield Obstacle(
            what="The demonstration is switched on.",
            why="Anybody may sign in as anybody, and everybody's messages are shown.",
            do="Take REVIEWS_DEMONSTRATION away.",
        )
    if settings.insecure_cookies:
        yield Obstacle(
            what="Sign-in cookies may travel unencrypted.",
            why="Whoever reads the network could act as the person who signed in.",
            do="Serve it over https, and set REVIEWS_INSECURE_COOKIES=false.",
        )


def _provider(settings: Settings) -> Iterable[Obstacle]:
    given = {
        "REVIEWS_OIDC_ISSUER": settings.oidc_issuer,
        "REVIEWS_OIDC_CLIENT_ID": settings.oidc_client_id,
        "REVIEWS_OIDC_CLIENT_SECRET": settings.oidc_client_secret.get_secret_value(),
    }
    if missing := [name for name, value in given.items() if not value]:
        yield Obstacle(
            what=f"Sign-in by an identity provider lacks {', '.join(missing)}.",
            why="Nobody could sign in.",
            do="Register this service there, and set what it says of itself (docs/sign-in.md).",
        )
    issuer = urlsplit(settings.oidc_issuer)
    if settings.oidc_issuer and issuer.scheme != "https" and issuer.hostname not in HERE:
        yield Obstacle(
            what="The address of the identity provider does not begin with https://.",
            why="Whoever stands between could sign in as anybody.",
            do="Set REVIEWS_OIDC_ISSUER to its https address.",
        )


def refusal(settings: Settings) -> str:
    """Why nothing is started, in words; empty if it may start."""
    found = list(obstacles(settings))
    lines = [f"{one.what} {one.why} {one.do}" for one in found]
    return "\n".join(["This is not started:", *(f"  {line}" for line in lines)]) if found else ""
