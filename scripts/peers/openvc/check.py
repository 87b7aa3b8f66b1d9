"""openvc's verify_credential, with its own did:web and status list resolvers.

Brought along: the fetch, as the library asks, and the Open Badges context, which it does not carry;
it is the copy of openbadgeslib, not ours.

openvc reads `proof` only as one object. Ours is an array of one, as the 1EdTech schema wants it, and
says the same in JSON-LD; it is handed over as the object.
"""

import json

import offline
from openbadgeslib.ob3.contexts import bundled_contexts
from openvc import verify_credential
from openvc.did.base import DidResolutionError, DidResolverRegistry
from openvc.did.did_key import DidKeyResolver
from openvc.did.did_web import DidWebResolver
from openvc.resolvers import default_status_list_resolver
from openvc.verify import VerificationPolicy


def fetch_text(address: str) -> str:
    """Return the text at `address`, failing as openvc's own fetch does."""
    try:
        return offline.document(address).decode()
    except FileNotFoundError as error:
        raise DidResolutionError(str(error)) from error


def one_proof(text: str) -> str:
    """Return a credential with its array of one proof as one object; any other text as it is."""
    if not text.startswith("{"):
        return text
    document = json.loads(text)
    match document.get("proof"):
        case [dict() as proof]:
            document["proof"] = proof
    return json.dumps(document)


def fetch_json(address: str) -> dict[str, object]:
    """Return the JSON object at `address`."""
    return json.loads(fetch_text(address))


CONTEXTS = bundled_contexts()
RESOLVER = DidResolverRegistry([DidKeyResolver(), DidWebResolver(fetch_json)])
STATUS_LISTS = default_status_list_resolver(
    resolver=RESOLVER,
    jwt_vc_issuer_fetch=fetch_json,
    extra_contexts=CONTEXTS,
    fetch=lambda address: one_proof(fetch_text(address)),
)


def judge(sample: dict[str, str], content: bytes) -> None:
    """Verify one sample; openvc raises when it refuses."""
    text = one_proof(content.decode().strip())
    verify_credential(
        json.loads(text) if text.startswith("{") else text,
        policy=VerificationPolicy(require_status_issuer_binding=True),
        resolver=RESOLVER,
        jwt_vc_issuer_fetch=fetch_json,
        resolve_status_list=STATUS_LISTS,
        extra_contexts=CONTEXTS,
    )


offline.run(judge)
