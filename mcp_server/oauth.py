"""Access tokens of an OAuth 2 authorization server: this server as a protected resource (RFC 9728), tokens as JWT
(RFC 9068)."""

from __future__ import annotations

import json
import logging
import tomllib
from pathlib import Path
from typing import Annotated, Any

import anyio.to_thread
import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from pydantic import AfterValidator, AnyHttpUrl, ConfigDict, Field, ValidationError

from mcp_server.auth import Access
from mepg_agent.errors import BadInput
from mepg_agent.mistakes import first_mistake
from mepg_agent.scene import Frozen

FETCH_TIMEOUT = 10  # seconds for the issuer's keys
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")  # asymmetric alone: a secret that signs could be used by who verifies
LOCAL = ("localhost", "127.0.0.1", "[::1]")
log = logging.getLogger(__name__)


def _private(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.scheme != "https" and url.host not in LOCAL:
        raise ValueError("must begin with https://")
    return url


Url = Annotated[AnyHttpUrl, AfterValidator(_private)]


class OAuth(Frozen):
    """What stands in the file that `mepg serve --oauth` names. Relative paths count from that file."""

    model_config = ConfigDict(url_preserve_empty_path=True)  # an issuer is compared letter by letter

    issuer: Url  # whose tokens are taken; as the tokens' `iss` has it
    resource: Url  # this server, as clients reach it; the tokens' `aud`
    jwks: Url | Path  # the issuer's public keys
    scopes: tuple[Annotated[str, Field(min_length=1)], ...] = ()  # that a token must have


class JwtVerifier(TokenVerifier):
    """Lets in who has a token that the issuer signed for this resource and that has not run out."""

    def __init__(self, settings: OAuth) -> None:
        """Raises BadInput for a file of keys that cannot be read. Keys behind a URL are fetched when a token comes."""
        self._settings = settings
        self._client = self._keys = None
        if isinstance(settings.jwks, Path):
            self._keys = _read_keys(settings.jwks)
        else:
            self._client = jwt.PyJWKClient(str(settings.jwks), timeout=FETCH_TIMEOUT)

    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await anyio.to_thread.run_sync(self._claims, token)
        except jwt.PyJWKClientError as error:
            log.warning("no key for a token: %s", error)
            return None
        except jwt.PyJWTError:
            return None
        scopes = claims.get("scope", claims.get("scp", ""))
        return AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or claims["sub"]),
            subject=str(claims["sub"]),
            scopes=scopes.split() if isinstance(scopes, str) else [str(scope) for scope in scopes],
            expires_at=int(claims["exp"]),
            resource=str(self._settings.resource),
            claims={"iss": claims["iss"]},
        )

    def _claims(self, token: str) -> dict[str, Any]:
        """Raises PyJWTError for any token that is not to be taken."""
        return jwt.decode(
            token,
            self._key(token),
            algorithms=list(ALGORITHMS),
            issuer=str(self._settings.issuer),
            audience=str(self._settings.resource),
            options={"require": ["exp", "iss", "aud", "sub"]},
        )

    def _key(self, token: str) -> jwt.PyJWK:
        if self._client is not None:
            return self._client.get_signing_key_from_jwt(token)
        assert self._keys is not None
        key_id = jwt.get_unverified_header(token).get("kid")
        fitting = [key for key in self._keys.keys if key_id in (None, key.key_id)]
        if len(fitting) != 1:
            raise jwt.PyJWTError("no key fits")
        return fitting[0]


def oauth_access(file: Path) -> Access:
    """Raises BadInput, naming the first mistake of the file."""
    settings = read_oauth(file)
    auth = AuthSettings(
        issuer_url=settings.issuer,
        resource_server_url=settings.resource,
        required_scopes=list(settings.scopes),
        validate_token_resource=True,
    )
    return Access(JwtVerifier(settings), auth)


def read_oauth(file: Path) -> OAuth:
    """Raises BadInput."""
    advice = "It needs issuer, resource and jwks, and may have scopes; docs/mcp.md shows one."
    try:
        settings = OAuth.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read.", advice) from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{file} is not TOML: {error}.", advice) from error
    except ValidationError as error:
        raise BadInput(f"{file}: {first_mistake(error)}.", advice) from error
    if isinstance(settings.jwks, Path):
        return settings.model_copy(update={"jwks": file.parent / settings.jwks})
    return settings


def _read_keys(file: Path) -> jwt.PyJWKSet:
    try:
        return jwt.PyJWKSet.from_dict(json.loads(file.read_bytes()))
    except (OSError, ValueError, jwt.PyJWTError) as error:
        advice = "Name a JSON file as the authorization server publishes it at its jwks_uri."
        raise BadInput(f"{file} holds no public keys.", advice) from error
