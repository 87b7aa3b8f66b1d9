"""Links by which a person puts a badge on LinkedIn. Nothing is sent: the person confirms there.

"Add to profile" is a plain address with parameters; LinkedIn has no open interface for writing.
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

ADD_TO_PROFILE = "https://www.linkedin.com/profile/add"
SHARE = "https://www.linkedin.com/sharing/share-offsite/"


def add_to_profile(
    *,
    name: str,
    organization_name: str,
    organization_id: str | None,
    issued: date,
    expires: date | None,
    url: str,
    code: str,
) -> str:
    """Return the address of LinkedIn's form "Licences and certifications", filled in.

    `organization_id` is the number of the issuer's LinkedIn page; with it LinkedIn shows the logo,
    and then the name must not be sent as well. `issued` and `expires` are days of the issuer's
    calendar, not instants, so that a badge issued at midnight keeps its month. `expires` is None
    for a badge that never expires. `url` is the badge's public page and `code` what people copy by
    hand.
    """
    parameters: dict[str, str | int] = {"startTask": "CERTIFICATION_NAME", "name": name}
    if organization_id:
        parameters["organizationId"] = organization_id
    else:
        parameters["organizationName"] = organization_name
    parameters |= {"issueYear": issued.year, "issueMonth": issued.month}
    if expires is not None:
        parameters |= {"expirationYear": expires.year, "expirationMonth": expires.month}
    parameters |= {"certUrl": url, "certId": code}
    return f"{ADD_TO_PROFILE}?{_query(parameters)}"


def share(url: str) -> str:
    """Return the address that opens a LinkedIn post about the page at `url`.

    LinkedIn reads title, text and image from the page itself.
    """
    return f"{SHARE}?{_query({'url': url})}"


def _query(parameters: dict[str, str | int]) -> str:
    # `quote` writes a space as %20: LinkedIn shows the + of the default form to the person.
    return urlencode(parameters, quote_via=quote, safe="")
