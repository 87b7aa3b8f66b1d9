"""openbadgeslib's verify_badge for images, and the verifiers that it uses for JSON, JWT and 2.0.

The issuer's key is found through the DID in the badge; the download is ours, as the library offers.
`verify_status_list=False`: the library can verify the signature of a list only when the list is a
JWT; ours carries an embedded proof, so its bit is read and its proof is left to the other peers.
"""

import json

import offline
from openbadgeslib.ob2 import OB2Verifier
from openbadgeslib.ob3 import OB3LdpVerifier, OB3VerificationError, OB3Verifier
from openbadgeslib.verify import issuer_did_from_document, issuer_did_from_token, verify_badge


def download(address: str, *_: object, **__: object) -> bytes:
    """Return what stands at `address`, failing as the library's own download does."""
    try:
        return offline.document(address)
    except FileNotFoundError as error:
        raise OB3VerificationError(str(error)) from error


def download_older(address: str) -> bytes:
    """Return what stands at `address`, failing as the download of a web page does."""
    try:
        return offline.document(address)
    except FileNotFoundError as error:
        raise OSError(str(error)) from error


IMAGES = ("png", "svg", "png-both", "svg-both")
STATUS = {"check_status": True, "verify_status_list": False, "download": download}


def judge(sample: dict[str, str], content: bytes) -> str | None:
    """Return why the library refuses or does not trust a sample, None when it does."""
    if sample["format"] in IMAGES:
        result = verify_badge(content, "3", resolve_did=True, **STATUS)
        return None if result.valid and result.trusted else result.reason
    text = content.decode().strip()
    if sample["format"] == "ob2-json":
        shown = OB2Verifier(download=download_older).verify_hosted(text, check_revocation=True)
        same = shown.narrative == json.loads(text)["narrative"]
        return None if same else "the assertion at the address is another one, and is shown"
    if sample["format"] == "ob2-jws":
        OB2Verifier(download=download_older).verify(text, check_revocation=True)
        return None
    if text.startswith("{"):
        issuer = issuer_did_from_document(text)
        OB3LdpVerifier.for_issuer_did(issuer, download=download).verify(text, **STATUS)
    else:
        issuer = issuer_did_from_token(text)
        OB3Verifier.for_issuer_did(issuer, download=download).verify(text, **STATUS)
    return None if issuer.startswith("did:web:") else f"not a web issuer: {issuer}"


offline.run(judge)
