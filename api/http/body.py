"""Reading a request's body, with limits on its size and time."""

import asyncio
from contextlib import aclosing

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from api.http.body_budget import BodyShare
from api.http.problems import ServiceProblem
from api.settings import ApiSettings


def announced_bytes(request: Request, settings: ApiSettings) -> int:
    """The size of a body that is yet to be read, as its head announces it; 0 if it does not.

    Raises:
        ServiceProblem: `image_too_large`.
    """
    announced = request.headers.get("content-length", "")
    if not (announced.isascii() and announced.isdigit()):
        return 0
    size = int(announced[:18])
    if size > settings.max_body_bytes:
        raise _too_large(settings)
    return size


def check_not_packed(headers: Headers) -> None:
    """Refuse a body with a Content-Encoding: a small one could be unpacked to any size.

    Raises:
        ServiceProblem: `unsupported_media_type`.
    """
    for encoding in headers.getlist("content-encoding"):
        if encoding.strip().lower() != "identity":
            raise ServiceProblem(
                "unsupported_media_type",
                f"the body must not be packed with Content-Encoding ({encoding:.40}); send it unpacked, without that "
                "field",
            )


async def read_body(request: Request, settings: ApiSettings, share: BodyShare) -> bytearray:
    """All bytes of a request's body.

    Content-Length is checked first, so that a body announced as too large is refused unread. The bytes
    are counted as well, because a body may come without Content-Length.

    Args:
        request: its body must be unread.
        settings: of the process.
        share: what the request takes of the memory for bodies.

    Raises:
        ServiceProblem: `unsupported_media_type`, `image_too_large`, `queue_full` if the bodies of all requests take
            too much memory, or `invalid_parameter` if the body pauses or takes too long, or ends early.
    """
    check_not_packed(request.headers)
    share.check(announced_bytes(request, settings))
    body = bytearray()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.body_timeout_s
    try:
        async with aclosing(request.stream()) as stream:
            while True:
                async with asyncio.timeout_at(min(deadline, loop.time() + settings.body_idle_s)):
                    chunk = await anext(stream, None)
                if chunk is None:
                    return body
                if len(body) + len(chunk) > settings.max_body_bytes:
                    raise _too_large(settings)
                share.take(len(chunk))
                body += chunk
    except (ServiceProblem, TimeoutError, ClientDisconnect) as error:
        refusal = _refusal(error, len(body), settings)
        # The refusal's traceback keeps this frame until it is sent and the rest of the body discarded.
        body.clear()
        chunk = None
        raise refusal from None


def _refusal(error: Exception, came: int, settings: ApiSettings) -> ServiceProblem:
    if isinstance(error, ServiceProblem):
        return error
    if isinstance(error, ClientDisconnect):
        return ServiceProblem("invalid_parameter", "the connection ended before the body did")
    return ServiceProblem(
        "invalid_parameter",
        f"the body did not arrive in time: {came:,} bytes came, then nothing for {settings.body_idle_s:g} s "
        f"or not all within {settings.body_timeout_s:g} s; send it again over a faster connection",
    )


def _too_large(settings: ApiSettings) -> ServiceProblem:
    return ServiceProblem(
        "image_too_large",
        f"the body has over {settings.max_body_bytes:,} bytes; a picture may have {settings.max_upload_bytes:,}",
    )
