"""The verifier of 1EdTech for Open Badges 0.5 to 2.0: `openbadges.verifier.verify`.

It is given what a person would upload: the text of an assertion or a signature, or an image. It
downloads through requests, whose lowest level is replaced; the Open Badges 2.0 context is the copy
that the package carries. Python 3.10 moved names that its version of python-jose looks for.
"""

import collections
import collections.abc
import io
import json

import offline

for _name in ("Mapping", "Iterable"):
    setattr(collections, _name, getattr(collections.abc, _name))

import requests  # noqa: E402  # the names must be there first
from openbadges import verifier  # noqa: E402
from openbadges.verifier.openbadges_context import (  # noqa: E402
    OPENBADGES_CONTEXT_V2_DICT,
    OPENBADGES_CONTEXT_V2_URI,
)
from requests.adapters import HTTPAdapter  # noqa: E402

IMAGES = ("png-both", "svg-both")


def send(
    _adapter: HTTPAdapter, request: requests.PreparedRequest, **_: object
) -> requests.Response:
    """Answer a request from the task."""
    response = requests.Response()
    response.request, response.url, response.reason = request, request.url, ""
    if request.url == OPENBADGES_CONTEXT_V2_URI:
        status, media_type = 200, "application/ld+json"
        body = json.dumps(OPENBADGES_CONTEXT_V2_DICT).encode()
    else:
        status, media_type, body = offline.answer(request.url)
    response.status_code, response.raw = status, io.BytesIO(body)
    response.headers["Content-Type"] = media_type
    response._content, response.encoding = body, "utf-8"
    return response


HTTPAdapter.send = send


def judge(sample: dict[str, str], content: bytes) -> str | None:
    """Return why the package finds a badge invalid; also when it shows another than was given."""
    given = io.BytesIO(content) if sample["format"] in IMAGES else content.decode()
    found = verifier.verify(given, use_cache=False, cache_backend=None)
    report = found["report"]
    if not report["valid"]:
        errors = [m["result"] for m in report["messages"] if m["messageLevel"] == "ERROR"]
        return "; ".join(map(str, errors)) or "invalid without a reason"
    if sample["format"] == "ob2-json":
        shown = next(node for node in found["graph"] if node["id"] == json.loads(content)["id"])
        if shown["narrative"] != json.loads(content)["narrative"]:
            return "the assertion at the address is another one, and is shown"
    return None


offline.run(judge)
