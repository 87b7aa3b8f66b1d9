"""Classes 14 and 18: addresses that nobody may ask, and issuers that look like others."""

from __future__ import annotations

from tests.attacks.making import older
from tests.attacks.making.cases import (
    COMMON,
    SCHOOL_HOST,
    Expect,
    Group,
    invalid,
    status_unknown,
    undecided,
    unreadable,
)
from tests.attacks.making.issuers import (
    MALLORY,
    MALLORYS,
    badge,
    did_document,
    profile,
    secured,
    status_entry,
    status_list,
)

_SCHEMES = {
    "file": "file:///etc/passwd",
    "file-host": "file://localhost/etc/passwd",
    "ftp": "ftp://school.example/x",
    "gopher": "gopher://127.0.0.1:6379/_x",
    "dict": "dict://127.0.0.1:11211/stats",
    "ldap": "ldap://127.0.0.1/x",
    "data": "data:application/json,%7B%7D",
    "jar": "jar:https://mallory.example/x.jar!/x",
    "javascript": "javascript:alert(1)",
    "blob": "blob:https://school.example/1",
    "view-source": "view-source:https://school.example/",
    "http-loopback": "http://127.0.0.1/x",
    "http-metadata": "http://169.254.169.254/latest/meta-data/",
    "http-metadata-6": "http://[fd00:ec2::254]/x",
    "http-mapped": "http://[::ffff:127.0.0.1]/x",
}
"""Addresses that a verifier asks only if it hands every address to a library."""

_MACHINES = {
    "loopback": "127.0.0.1",
    "loopback-short": "127.1",
    "loopback-decimal": "2130706433",
    "loopback-hexadecimal": "0x7f.0.0.1",
    "loopback-octal": "0177.0.0.1",
    "zero": "0.0.0.0",
    "private-10": "10.0.0.1",
    "private-172": "172.16.0.1",
    "private-192": "192.168.1.1",
    "link-local": "169.254.169.254",
    "carrier": "100.64.0.1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation": "192.0.2.1",
    "mapped": "%5B%3A%3Affff%3A127.0.0.1%5D",
    "loopback-6": "%5B%3A%3A1%5D",
    "localhost": "localhost",
    "localhost-dot": "localhost.",
    "single-label": "intranet",
    "underscore": "my_host.example",
    "wide-digits": "１２７.０.０.１",
    "circled": "①②⑦.0.0.1",
    "ideographic-stop": "127。0。0。1",
    "number-at-end": "example.1",
    "empty-label": "school..example",
    "hyphen": "-school.example",
}
"""Hosts that are machines and not names, or names that only some software reads."""


def forbidden() -> Group:
    """Class 14: nothing may be asked."""
    group = Group("14-addresses", 95, "badge eddsa-rdfc-2022")
    for name, address in _SCHEMES.items():
        world = COMMON.put(address, did_document(address, MALLORYS))
        method = f"{address}#ed25519"
        group.add(
            f"issuer-{name}",
            f"an issuer at {address}",
            undecided("issuer_not_resolvable"),
            secured(badge(issuer=profile(address)), key=MALLORYS, method=method),
            world=world,
        )
        group.add(
            f"list-{name}",
            f"a status list at {address}",
            status_unknown("status_entry_malformed"),
            secured(badge(credentialStatus=status_entry(statusListCredential=address))),
            world=COMMON.put(address, secured(status_list(id=address))),
            hosts=(SCHOOL_HOST,),
        )
        is_web = address.startswith("http")
        if not is_web:
            group.add(
                f"pasted-{name}",
                f"the address {address}",
                unreadable("not_a_badge"),
                address,
                world=COMMON.put(address, secured(badge())),
                kind="txt",
                entry="address",
            )
    for name, host in _MACHINES.items():
        did = f"did:web:{host}"
        group.add(
            f"host-{name}",
            f"an issuer whose host is {host!a}",
            invalid("bad_did"),
            secured(badge(issuer=profile(did)), key=MALLORYS, method=f"{did}#ed25519"),
            world=COMMON.put(f"https://{host}/.well-known/did.json", did_document(did, MALLORYS)),
        )
    _add_older(group)
    return group


def _add_older(group: Group) -> None:
    """Add addresses in badges of Open Badges 2.0, which are made of little else."""
    plain = {
        k: v for k, v in _SCHEMES.items() if k in ("file", "ftp", "gopher", "dict", "ldap", "jar")
    }
    for name, address in plain.items():
        group.add(
            f"hosted-{name}",
            f"a hosted assertion at {address}",
            invalid("not_hosted"),
            older.hosted(id=address),
            world=older.academy().put(address, older.hosted(id=address)),
        )
        for place, document, world in (
            ("class", older.hosted(badge=address), older.academy(older.hosted(badge=address)).put(
                address, older.badge_class(id=address))),
            ("profile", older.hosted(), older.academy(badge_class=older.badge_class(issuer=address)).put(
                address, older.issuer(id=address))),
        ):  # fmt: skip
            group.add(
                f"{place}-{name}",
                f"a hosted badge whose {place} stands at {address}",
                undecided("document_not_addressed"),
                document,
                world=world,
                hosts=older.ASKED,
            )
        group.add(
            f"key-{name}",
            f"a signed badge whose key stands at {address}",
            undecided("document_not_addressed"),
            older.jws(
                older.signed(verification={"type": "SignedBadge", "creator": address}),
                keys=MALLORYS,
            ),
            world=older.academy(issuer=older.issuer(publicKey=address)).put(
                address, older.key(keys=MALLORYS, id=address)
            ),
            kind="jwt",
            hosts=older.ASKED,
        )
        group.add(
            f"revocations-{name}",
            f"a signed badge whose revocation list stands at {address}",
            status_unknown("status_unreachable"),
            older.jws(older.signed()),
            world=older.academy(issuer=older.issuer(revocationList=address)).put(
                address, older.revocations(id=address)
            ),
            kind="jwt",
            hosts=older.ASKED,
        )


_UNKNOWN = Expect("amber", "valid", "active", "issuer_not_known", issuer="unknown")
"""Well signed, by somebody we do not know: never more than that."""

_DISGUISED = Expect("amber", "valid", "active", "issuer_name_disguised", issuer="unknown")
_WRITTEN_TO_DECEIVE = {
    *("cyrillic", "greek", "zero-width", "joiner", "soft-hyphen", "reversed", "isolate"),
}
"""Letters of two scripts in one word, or characters that nobody sees."""


def look_alikes() -> Group:
    """Class 18: sound badges of an attacker who calls himself like somebody else."""
    group = Group("18-look-alikes", 25, "the attacker's own badge")
    for name, said in (
        ("same", "École d'exemple"),
        ("capitals", "ÉCOLE D'EXEMPLE"),
        ("space-behind", "École d'exemple "),
        ("two-spaces", "École  d'exemple"),
        ("no-accent", "Ecole d'exemple"),
        ("decomposed", "E\u0301cole d'exemple"),
        ("curly", "École d’exemple"),
        ("cyrillic", "Écоlе d'exemple"),
        ("greek", "École d'exεmple"),
        ("wide", "Ｅ́ｃｏｌｅ d'exemple"),
        ("mathematical", "𝐄́𝐜𝐨𝐥𝐞 d'exemple"),
        ("zero-width", "École\u200b d'exemple"),
        ("joiner", "Éco\u200dle d'exemple"),
        ("soft-hyphen", "Éco\u00adle d'exemple"),
        ("reversed", "\u202eelpmexe'd elocÉ\u202c"),
        ("isolate", "\u2066École d'exemple\u2069"),
        ("l-as-i", "ÉcoIe d'exemple"),
        ("zero-for-o", "Éc0le d'exemple"),
        ("with-domain", "École d'exemple (school.example)"),
        ("with-mark", "École d'exemple ✔"),
        ("with-code", "École d'exemple [SCHOOL]"),
    ):
        group.add(
            f"name-{name}",
            f"an issuer that calls itself {said!a}",
            _DISGUISED if name in _WRITTEN_TO_DECEIVE else _UNKNOWN,
            _own(MALLORY, said),
            hosts=("mallory.example",),
        )
    for name, host in (
        ("hyphen", "school-example.example"),
        ("longer", "school.example.mallory.example"),
        ("shorter", "schol.example"),
        ("digit", "schoo1.example"),
        ("punycode", "xn--schol-p0e.example"),
        ("rn-for-m", "school.exarnple"),
    ):
        did = f"did:web:{host}"
        world = COMMON.put(f"https://{host}/.well-known/did.json", did_document(did, MALLORYS))
        group.add(
            f"host-{name}",
            f"an issuer with the name of another at {host}",
            _UNKNOWN,
            _own(did, "École d'exemple"),
            world=world,
            hosts=(host,),
        )
    group.add(
        "did-key",
        "an issuer with the name of another that is its own key",
        _UNKNOWN,
        secured(
            badge(issuer=profile(MALLORYS.did), credentialStatus=None),
            key=MALLORYS,
            method=MALLORYS.did_method,
        ),
    )
    known_as = did_document(MALLORY, MALLORYS, alsoKnownAs=["did:web:school.example"])
    group.add(
        "also-known-as",
        "an issuer whose document says that it is also known as another",
        _UNKNOWN,
        _own(MALLORY, "École d'exemple", url="https://school.example"),
        world=COMMON.put("https://mallory.example/.well-known/did.json", known_as),
        hosts=("mallory.example",),
    )
    return group


def _own(did: str, name: str, **more: str) -> dict[str, object]:
    issuer = profile(did, name) | more
    document = badge(issuer=issuer, credentialStatus=None)
    return secured(document, key=MALLORYS, method=f"{did}#ed25519")
