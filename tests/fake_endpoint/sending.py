"""How an answer goes over the wire, whole or broken. Knows nothing of what it says."""

import asyncio

from aiohttp import web

from fake_endpoint.answers import VENDOR_WORDS, Answer


async def send(request: web.Request, answer: Answer, redirect: str, closing: asyncio.Event) -> web.StreamResponse:
    """Answer `request` as the name of `answer` says; one that hangs does so until its client or the server ends."""
    match answer.name:
        case "reset":
            return _reset(request)
        case "half":
            return await _half(request, answer.content)
        case "not_json":
            return web.Response(text=f"<html>{VENDOR_WORDS}</html>", content_type="text/html")
        case "redirect":
            return web.Response(status=307, headers={"Location": redirect})
        case "hang":
            await closing.wait()
            return web.Response(status=503)
    return web.Response(
        body=answer.content, status=answer.status, headers=answer.headers, content_type="application/json"
    )


def _reset(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, whole: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(whole)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
