"""What others expect of their test data, held against what `badgeservice verify` answers.

Every case of the collection that has a verdict and is something to verify goes through the command
itself. Where our answer is not theirs, the case stands in `DIFFERENCES` with its reason, or we are
wrong. `scripts/agreement` prints the table and exits 1 for a case that does neither.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner

from badgeservice import verification
from badgeservice.cli import verify as verify_command
from badgeservice.errors import BadgeserviceError
from badgeservice.verification import reading
from badgeservice.verification.codes import Code
from badgeservice.verification.fetching import Fetch
from badgeservice.verification.issuers import Issuers
from badgeservice.verification.register import Register

VECTORS = Path(__file__).resolve().parents[2] / "shared" / "vectors"

AT = "2026-11-23T09:00:00Z"
_OTHER_TIMES = {"vc-jose-cose/presentation-jose-multiple__vm-p384.txt": "2024-12-10T00:00:00Z"}
_SITES = ("https://example.org/", "https://www.example.org/")

ELSEWHERE = {
    "did-key": "tests/openbadges/test_did.py",
    "jsonld-expand": "tests/openbadges/test_jsonld.py, by the same documents as statements",
    "jsonld-toRdf": "tests/openbadges/test_jsonld.py",
    "qr-dcc": "nowhere: codes of other wallets, which hold no badge and no address",
    "rdf-canon": "tests/openbadges/test_rdfc.py",
}
"""Families with verdicts on something that nobody can submit, and where they are held."""


class Difference(NamedTuple):
    """Our answer where it differs from the authors', and why.

    `says` and `codes` are as in `Answer`: nothing else may be wrong. With `for_want_of_keys`, the
    answer must be theirs as soon as the issuer publishes the key that signed, but for what is then
    still left open on purpose.
    """

    says: str
    codes: tuple[Code, ...]
    reason: str
    for_want_of_keys: bool = False
    still: tuple[Code, ...] = ()


_FRAGMENT = Difference(
    "undecided",
    (Code.ISSUER_UNREACHABLE,),
    "the key stands in the fragment of an address, or in a header; we ask the issuer for its keys",
    for_want_of_keys=True,
)
_DRAWING = Difference(
    "invalid",
    (Code.UNSAFE_IMAGE,),
    "the drawing has a document type, in which a reader of XML can be made to do things",
)
_EXAMPLE = Difference(
    "undecided",
    (Code.CONTEXT_UNKNOWN,),
    "a credential in a vocabulary of examples: not a badge, and not checked",
)
_DATA_MODEL = "a sample of the data model, without proof; what is no badge is none to us"
_OWN_WORDS = Difference("invalid", (Code.CONTEXT_NOT_ALLOWED,), _DATA_MODEL)
_ELSEWHERE_2 = Difference(
    "invalid",
    (Code.DOCUMENT_MISMATCH,),
    "class and issuer say that they stand elsewhere than they do: refused, where the validator "
    "fetches again from there; with sound ids the verdict is theirs (ob2/test_vectors.py)",
)
_TYPES_2 = Difference(
    "invalid",
    (Code.NOT_AN_OPEN_BADGE,),
    "a sample for the rule of types alone; it is no badge, so it cannot be a valid one",
)
_PART_2 = Difference(
    "invalid",
    (Code.NOT_A_BADGE,),
    "a part of a badge, which nobody submits by itself (ob2/test_vectors.py)",
)
_NOBODYS = Difference(
    "invalid",
    (Code.NOT_CONFORMANT,),
    "the subject has neither id nor identifier, of which the standard wants one: nobody's badge",
)
_ENDORSEMENT = Difference(
    "invalid",
    (Code.NOT_AN_OPEN_BADGE,),
    "an endorsement by itself is no badge; `badgeservice endorsements add` verifies it",
)
_NOBODYS_ON_A_LIST = _NOBODYS._replace(
    codes=(Code.NOT_CONFORMANT, Code.STATUS_LIST_UNTRUSTED),
    reason=f"{_NOBODYS.reason}; and the status list is signed by somebody else",
)
_NOBODYS_ON_A_MOVED_LIST = _NOBODYS_ON_A_LIST._replace(
    reason=f"{_NOBODYS.reason}; and the status list says that it stands at another address"
)
_TRANSCRIPT = Difference(
    "undecided", (Code.CONTEXT_UNKNOWN,), "a transcript (CLR), in a vocabulary of its own: no badge"
)

DIFFERENCES = {
    "baked/baked_heart.png": Difference(
        "undecided",
        (Code.DOCUMENT_UNREACHABLE,),
        "valid as an image that carries something; what it carries names addresses without answer",
    ),
    "baked/baked_example.svg": Difference(
        "invalid",
        (Code.NOT_A_BADGE,),
        "valid as an image that carries something; what it carries is no badge",
    ),
    "derived-jwt/payload-swapped.txt": _EXAMPLE,
    "di-eddsa/rdfc__signedDataInt.json": _EXAMPLE,
    "di-eddsa/jcs__signedJCS.json": _EXAMPLE,
    "ob2-1edtech/basic-assertion-invalid-context.json": Difference(
        "undecided",
        (Code.CONTEXT_UNKNOWN,),
        "a vocabulary that we do not know is not checked; it may be a sound one",
    ),
    "ob2-1edtech/basic-assertion-with-allowed-origins-valid-*.json": _ELSEWHERE_2,
    "ob2-1edtech/rdf-validation__valid-*.json": _TYPES_2,
    "ob2-core/1_0_basic_badgeclass.json": _PART_2,
    "ob2-core/1_0_basic_issuer.json": _PART_2,
    "ob3-1edtech/bit-string-list__*.json": _FRAGMENT,
    "ob3-1edtech/clr__simple.jwt": _TRANSCRIPT,
    "ob3-1edtech/clr__simple-noproof.json": _TRANSCRIPT,
    "ob3-1edtech/sd__derivedcredential.json": _FRAGMENT._replace(
        reason=f"{_FRAGMENT.reason}; and the holder could leave out end and status",
        still=(Code.END_MAY_BE_WITHHELD, Code.STATUS_MAY_BE_WITHHELD),
    ),
    "ob3-1edtech/simple*.svg": _DRAWING,
    "ob3-1edtech/simple-err-expired.json": _FRAGMENT,
    "ob3-1edtech/simple-err-proof-value.json": _FRAGMENT,
    "ob3-1edtech/simple-multiple-proofs.json": _FRAGMENT,
    "ob3-1edtech/simple.1ob": _FRAGMENT,
    "ob3-1edtech/simple.json": _FRAGMENT,
    "ob3-1edtech/simple_v1.json": _FRAGMENT,
    "ob3-dcc/v1__*-oldDCCExample.json": Difference(
        "undecided", (Code.CONTEXT_UNKNOWN,), "in a vocabulary of its own: no badge"
    ),
    "ob3-dcc/v1__*-validStatus-*.json": _NOBODYS_ON_A_LIST,
    "ob3-dcc/v1__*-noStatus-*.json": _NOBODYS,
    "ob3-dcc/v2__*-achievementTypeExample.json": _NOBODYS,
    "ob3-dcc/v2__*-complexIssuer.json": _NOBODYS,
    "ob3-dcc/v2__*-endorsement*.json": _ENDORSEMENT,
    "ob3-dcc/v2__*-lcwExperience.json": _NOBODYS,
    "ob3-dcc/v2__ed25519__didWeb__oidf-noStatus-notExpired.json": _NOBODYS,
    "ob3-ldp-guide/guide-signed.json": _FRAGMENT,
    "ob3-verifier-core/VCv1ValidStatus.json": _NOBODYS_ON_A_MOVED_LIST,
    "ob3-verifier-core/VCv1*.json": _NOBODYS,
    "vc-jose-cose/credential-jose-minimal__vm-p256.txt": _EXAMPLE,
    "vc-jose-cose/credential-jose-unknown-extensions__vm-ed25519.txt": Difference(
        "undecided", (Code.ALGORITHM_UNSUPPORTED,), "ES512, which no badge has to be signed with"
    ),
    "vc-jose-cose/presentation-jose-multiple__vm-p384.txt": Difference(
        "undecided", (Code.ALGORITHM_UNSUPPORTED,), "a presentation, with ES384: not checked"
    ),
    "vc-jose-cose/presentation-sdjwt-selective__vm-p384.txt": Difference(
        "invalid", (Code.TOKEN_MALFORMED,), "SD-JWT, a form in which Open Badges are not signed"
    ),
    "vc-jose-cose/presentation-single__vm-ed25519.json": _EXAMPLE,
    "vcdm2/credential-missing-required-type-fail.json": _EXAMPLE,
    "vcdm2/credential-context-combo1-ok.json": _EXAMPLE,
    "vcdm2/credential-evidences-ok.json": _OWN_WORDS,
    "vcdm2/credential-optional-type-ok.json": _EXAMPLE,
    "vcdm2/credential-refresh-type-ok.json": _OWN_WORDS,
    "vcdm2/credential-type-mapped-url-ok.json": _OWN_WORDS,
    "vcdm2/presentation-context-*-ok.json": _OWN_WORDS,
    "vcdm2/presentation-enveloped-vc-ok.json": _OWN_WORDS,
    "vcdm2/presentation-holder-object-ok.json": _OWN_WORDS,
    "vcdm2/presentation-multiple-vc-ok.json": _OWN_WORDS,
    "vcdm2/presentation-self-asserted-vc-ok.json": _OWN_WORDS,
    "vcdm2/presentation-vc-ok.json": _OWN_WORDS,
    "vcdm2/*-en-ok.json": Difference("invalid", (Code.KEY_NOT_ALLOWED,), _DATA_MODEL),
    "vcdm2/*-multi-language-name-ok.json": Difference(
        "invalid", (Code.KEY_NOT_ALLOWED,), _DATA_MODEL
    ),
    "vcdm2/*-ok.json": Difference(
        "invalid", (Code.NOT_AN_OPEN_BADGE, Code.PROOF_MISSING), _DATA_MODEL
    ),
}
"""What differs on purpose, by name or pattern; the first that matches counts."""


@dataclass(frozen=True)
class Case:
    """One file of the collection, and what its authors expect: valid or invalid.

    A warning of theirs is a valid badge with a remark.
    """

    file: str
    family: str
    expected: str


@dataclass(frozen=True)
class Answer:
    """What the command said: valid, invalid, or undecided when something was not checked.

    Nobody is known to a command that has documents only, so nothing is green: valid is what is
    intact and in force. `codes` are the answers that were no pass, without those that say no more
    than that nobody is known or that a question was not reached.
    """

    says: str
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.says} ({', '.join(self.codes)})" if self.codes else self.says


def cases(vectors: Path = VECTORS) -> list[Case]:
    """Return every case that has a verdict and can be submitted."""
    valid = {"valid": "valid", "warning": "valid", "invalid": "invalid"}
    return [
        Case(entry["file"], entry["category"], valid[entry["expected"]])
        for entry in json.loads((vectors / "manifest.json").read_text(encoding="utf-8"))
        if entry["expected"] in valid and entry["category"] not in ELSEWHERE
    ]


def difference(case: Case) -> tuple[str, Difference] | None:
    """Return the row of the table in which a case stands, with the pattern that matched."""
    return next((row for row in DIFFERENCES.items() if fnmatchcase(case.file, row[0])), None)


class Bench:
    """The documents of the collection in a folder, and the command beside it."""

    def __init__(self, folder: Path, vectors: Path = VECTORS) -> None:
        self._folder, self._vectors = folder, vectors
        self._index = {address: self._lay_out(path) for address, path in _network(vectors)}

    def ask(self, case: Case, *, given_keys: bool = False) -> Answer:
        """Return what `badgeservice verify` answers; raises what it raises.

        With `given_keys`, the issuer publishes whatever key the badge says that it was signed with.
        """
        answers = dict(self._index)
        document = _document(self._vectors / case.file)
        if case.family.startswith("ob2-") and document is not None:
            own = document.get("id") or document.get("verify", {}).get("url", "")
            answers[own.replace("http://", "https://")] = self._write("own.json", document)
        if given_keys and document is not None:
            issuer = _issuer_with_keys(document)
            answers[issuer["id"]] = self._write("issuer.json", issuer)
        index = json.dumps({address: {"file": name} for address, name in answers.items()})
        (self._folder / "index.json").write_text(index, encoding="utf-8")
        at = _OTHER_TIMES.get(case.file, AT)
        file = str(self._vectors / case.file)
        arguments = ["--json", "--at", at, "--documents", str(self._folder), file]
        result = CliRunner().invoke(_COMMAND, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return _read(json.loads(result.stdout))

    def _lay_out(self, path: Path) -> str:
        """Put a document into the folder, once for all its addresses; return its name there."""
        name = f"{path.parent.name}-{path.name}"
        (self._folder / name).write_bytes(path.read_bytes())
        return name

    def _write(self, name: str, document: dict[str, Any]) -> str:
        (self._folder / name).write_text(json.dumps(document), encoding="utf-8")
        return name


def outcome(bench: Bench, case: Case) -> tuple[str, str]:
    """Return how a case came out (agree, differ or disagree), and the fact or reason behind it."""
    answer = bench.ask(case)
    if answer.says == case.expected:
        return "agree", str(answer)
    if (row := difference(case)) is None:
        return "disagree", f"{case.expected} expected, {answer}"
    intended = row[1]
    if answer != Answer(intended.says, intended.codes):
        meant = Answer(intended.says, intended.codes)
        return "disagree", f"{case.expected} expected, {answer} instead of {meant}"
    if intended.for_want_of_keys:
        given = bench.ask(case, given_keys=True)
        as_meant = given.codes == intended.still if intended.still else given.says == case.expected
        if not as_meant:
            return "disagree", f"{case.expected} expected, given keys {given}"
    return "differ", intended.reason


def _no_installation() -> tuple[Fetch, Register, Issuers]:
    raise AssertionError("a case of the collection needs no installation")


_COMMAND = verify_command.make_verify_command(_no_installation)


def _network(vectors: Path) -> Iterator[tuple[str, Path]]:
    """Yield what stands at which address, as the collection says."""
    support = vectors / "support"
    listed = json.loads((support / "urlmap.json").read_text(encoding="utf-8"))
    for address, name in listed.items():
        yield address, support / name
    for path in sorted((support / "ob20-assets").iterdir()):
        for site in _SITES:
            yield f"{site}{path.name}", path
            yield f"{site}{path.stem}", path
    yield "https://a.com/badgeclass", vectors / "ob2-core/1_0_basic_badgeclass.json"
    yield "https://a.com/issuer", vectors / "ob2-core/1_0_basic_issuer.json"


def _document(path: Path) -> dict[str, Any] | None:
    """Return the credential in a file, None if there is none that can be read."""
    try:
        submission = verification.recognise(path.read_bytes())
    except BadgeserviceError:
        return None
    return submission.document


def _issuer_with_keys(badge: dict[str, Any]) -> dict[str, Any]:
    """Return a document of the issuer that lists the keys in the fragments of the proofs."""
    issuer = reading.reference(badge, "issuer") or ""
    methods = [
        {"id": method, "type": "Multikey", "controller": issuer, "publicKeyMultibase": key}
        for proof in reading.objects(badge, "proof")
        if (method := proof.get("verificationMethod", ""))
        if (key := method.partition("#")[2])
    ]
    return {"id": issuer, "assertionMethod": methods}


def _read(said: dict[str, Any]) -> Answer:
    codes = tuple(
        finding["code"]
        for finding in said["findings"]
        if finding["outcome"] != "passed"
        and finding["code"] not in (Code.NOT_ASKED, Code.ISSUER_NOT_KNOWN)
    )
    if said["verdict"] in ("red", "unreadable"):
        return Answer("invalid", codes)
    well = (said["integrity"], said["status"]) == ("valid", "active")
    return Answer("valid" if well else "undecided", codes)


def main() -> int:
    """Print the table, and what differs; return 1 if any case disagrees without a reason."""
    parser = argparse.ArgumentParser(prog="scripts/agreement", description=__doc__)
    parser.add_argument("--reasons", action="store_true", help="also say why each case differs")
    options = parser.parse_args()
    columns = ("agree", "differ", "disagree")
    counts: dict[str, dict[str, int]] = {}
    told = []
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for case in cases():
            came_out, why = outcome(bench, case)
            counts.setdefault(case.family, dict.fromkeys(columns, 0))[came_out] += 1
            if came_out == "disagree" or (options.reasons and came_out == "differ"):
                told.append(f"{came_out:9} {case.file}: {why}")
    print(f"{'family':20}{'n':>6}{'agree':>8}{'differ on purpose':>20}{'disagree':>10}")
    total = {name: sum(row[name] for row in counts.values()) for name in columns}
    for family, row in {**dict(sorted(counts.items())), "all": total}.items():
        agree, differ, disagree = (row[name] for name in columns)
        print(f"{family:20}{sum(row.values()):6}{agree:8}{differ:20}{disagree:10}")
    print("\n".join(told))
    return 1 if total["disagree"] else 0


if __name__ == "__main__":
    sys.exit(main())
