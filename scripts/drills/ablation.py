"""Every defence of the verifier, taken out alone: which cases of the attack corpus notice?

1. The package is copied; in the copy one defence is taken out, by replacing a piece of its source
   that must stand there exactly once. Nothing that ships has a switch.
2. A process of its own judges with the copy every case that comes to where the defence stood. A
   case notices if its answer is another one; worst is one that is then accepted, or never ends.
3. The matrix is printed, defences by classes: `accepted/otherwise`.

Exit 1 if a defence is noticed by no case, or if in a class fewer defences are noticed than one for
every 25 cases: then the corpus does not test them.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CASES_FOR_A_KILL = 25
SECONDS = 300
"""Of CPU, for the whole corpus: it takes ten."""


@dataclass(frozen=True)
class Defence:
    """A defence: what it is, where it stands, and what takes its place."""

    name: str
    file: str
    source: str
    instead: str


def _without(name: str, file: str, source: str) -> Defence:
    """Return a defence that is one statement, whose place is taken by nothing."""
    return Defence(name, file, source, "pass")


_V, _O = "verification/", "openbadges/"
_PROFILE, _PROOF = f"{_V}checks/profile.py", f"{_V}checks/proof.py"
_STATUS, _OLD = f"{_V}checks/status.py", f"{_V}checks/ob2/"
_ORIGIN, _WALK = f"{_V}provenance.py", f"{_V}checks/__init__.py"
_KEYS, _DOC, _SUITE = f"{_O}keys.py", f"{_O}controller.py", f"{_O}proofs/data_integrity.py"
_SHOWN = f"{_O}proofs/ecdsa_sd_2023.py"
_TOKEN, _CLAIMS, _JSON = f"{_O}proofs/compact.py", f"{_O}proofs/vc_jwt.py", f"{_O}strict_json.py"
_PNG, _SVG, _LIST = f"{_O}bakery/png.py", f"{_O}bakery/svg.py", f"{_O}status_list.py"
_QUESTION = "    Question(Check.{}, {}.check, needs=(Check.{},)),\n"

DEFENCES = (
    # --- the questions
    *(
        Defence(f"question: {check.lower()}", _WALK, _QUESTION.format(check, module, need), "")
        for check, module, need in (
            ("PROFILE", "profile", "SUBMISSION"),
            ("STRUCTURE", "structure", "PROFILE"),
            ("PROOF", "proof", "PROFILE"),
            ("DATES", "dates", "PROOF"),
            ("STATUS", "status", "PROOF"),
            ("REGISTER", "register", "SUBMISSION"),
            ("ISSUER", "issuer", "PROOF"),
        )
    ),
    Defence("no question before what it needs", f"{_V}case.py",
            "if not passed.issuperset(question.needs):", "if False:"),
    # --- JSON
    Defence("no key twice", _JSON, "if len(document) < len(members):", "if False:"),
    _without("bounded depth", _JSON, "_refuse_depth(text, max_depth)"),
    Defence("exact integers", _JSON,
            'if len(literal) > 17 or literal == "-0" or abs(int(literal)) > _LARGEST_INTEGER:', "if False:"),
    Defence("exact decimals", _JSON,
            "if match is None or len(digits) > 15 or negative_zero:", "if False:"),
    Defence("no NaN", _JSON, 'raise UnreadableJSON(f"{literal} is not a JSON number", code="bad_number")',
            "return 0.0"),
    Defence("no lone surrogates", _JSON, 'if "\\\\u" in text:', "if False:"),
    Defence("bounded JSON", _JSON, "if len(encoded) > max_bytes:", "if False:"),
    # --- the profile
    _without("contexts that are known", _PROFILE, "_refuse_contexts(written)"),
    Defence("contexts in order", _PROFILE, "if not _is_list_that_we_read(listed):", "if False:"),
    _without("ordinary form", _PROFILE, "_Walk().over(part)"),
    Defence("no keyword, no address as key", _PROFILE,
            'if key.startswith("@") or ":" in key or "/" in key:', "if False:"),
    Defence("no context below the top", _PROFILE, 'if key == "@context":', "if False:"),
    Defence("absolute ids", _PROFILE,
            'if key == "id" and not (isinstance(value, str) and _ABSOLUTE_ADDRESS.fullmatch(value)):',
            "if False:"),
    Defence("no empty list", _PROFILE, "if value == []:", "if False:"),
    Defence("no null", _PROFILE, "case None | list():", "case None | list() if False:"),
    Defence("no control characters", _PROFILE, "case str() if _CONTROL_CHARACTERS.search(value):",
            "case str() if False:"),
    Defence("few nodes without id", _PROFILE, "MAXIMUM_NODES_WITHOUT_ID = 64",
            "MAXIMUM_NODES_WITHOUT_ID = 5_000_000"),
    Defence("round trip", _PROFILE, "if _normal(read) != _normal(part):", "if False:"),
    _without("nothing scattered", _PROFILE, "_refuse_scattered(credential)"),
    _without("no claims in endorsements", _PROFILE, "_refuse_claims(credential, endorsements)"),
    Defence("no loss in linked data", f"{_O}jsonld.py",
            "        _refuse_loss(expanded)\n        return expanded", "        return expanded"),
    Defence("bounded values", f"{_O}jsonld.py", "MAXIMUM_VALUES = 1_000", "MAXIMUM_VALUES = 1_000_000"),
    Defence("bounded canonicalization", f"{_O}rdfc.py", "DEFAULT_BUDGET = ", "DEFAULT_BUDGET = 10**9 * "),
    # Not here, because another line stands behind and gives the same answer: words that pyld drops
    # (the round trip misses them too), and more than 500 nodes (they are more than 1,000 values).
    # --- the embedded proof
    Defence("few proofs", f"{_V}proofs.py", "MAXIMUM_PROOFS = 4", "MAXIMUM_PROOFS = 400"),
    Defence("every proof, not the first", _PROOF, "    for proof in case.proofs:\n        try:", "    for proof in case.proofs[:1]:\n        try:"),
    Defence("no proof is no pass", _PROOF, "raise Doubt(Code.PROOF_MISSING)",
            'return Finding(Check.PROOF, Code.PROVEN, "")'),
    Defence("an unknown suite is no pass", _PROOF,
            "raise Doubt(Code.PROOF_UNSUPPORTED, not_checked)",
            'return Finding(Check.PROOF, Code.PROVEN, "")'),
    Defence("no chains", _PROOF, 'if "previousProof" in proof:', "if False:"),
    Defence("no proof for an exchange", _PROOF, 'if proof.keys() & {"challenge", "domain"}:', "if False:"),
    Defence("made for issuing", _PROOF, 'if proof.get("proofPurpose") != data_integrity.PURPOSE:', "if False:"),
    Defence("not of the future", _PROOF, "if created - now > CLOCK_SKEW:", "if False:"),
    Defence("not over", _PROOF, 'if "expires" in proof and', 'if "nothing" in proof and'),
    Defence("signature of the embedded proof", _SUITE, "key.verify(signature, message)", "pass"),
    Defence("options under the signature", _SUITE, "return self.proof_hash + self.document_hash",
            "return self.document_hash"),
    Defence("suite and type", _SUITE, '\n        and proof.get("cryptosuite") in cryptosuites', ""),
    Defence("shape of the proof", _SUITE, "if missing or unknown:", "if False:"),
    Defence("kind of key", _SUITE, "if key.kind not in kinds:", "if False:"),
    Defence("end that may be withheld", f"{_V}checks/dates.py", "if case.always_shown is not None and finding.at is None:", "if False:"),
    Defence("status that may be withheld", _STATUS, "if finding.outcome is Outcome.PASSED and _may_be_withheld(case):", "if False:"),
    Defence("no base proof", _SHOWN, "if data.startswith(_BASE):", "if False:"),
    Defence("head of a derived proof", _SHOWN, "if not data.startswith(_DERIVED):", "if False:"),
    Defence("nothing behind a derived proof", _SHOWN, "if not reader.is_at_end:", "if False:"),
    Defence("places in order", _SHOWN, "if any(a >= b for a, b in zip(derived.mandatory, derived.mandatory[1:], strict=False)):", "if False:"),
    Defence("places within the badge", _SHOWN, "if len(mandatory) + len(others) != len(statements):", "if False:"),
    Defence("one label for a node", _SHOWN,
            "if sorted(numbers) != list(range(len(pairs))) or len(labels) != len(pairs):", "if False:"),
    Defence("signatures of statements", _SHOWN, "data_integrity.check_bytes(signature, statement.encode(), statement_key)", "pass"),
    Defence("signature of the group", _SHOWN, "data_integrity.check_bytes(derived.base_signature, signed, key)", "pass"),
    Defence("as many signatures as statements", _SHOWN, "if len(others) != len(derived.signatures):", "if False:"),
    Defence("length of signatures", _SUITE, "if len(signature) != key.signature_bytes:", "if False:"),
    # --- whose key
    Defence("the issuer lists the method", _DOC, "if not listed:", "if False:"),
    Defence("the method's controller", _DOC, 'if method.get("controller") != controller:', "if False:"),
    Defence("one description", _DOC, "if any(entry != described[0] for entry in described):", "if False:"),
    Defence("no revoked key", _DOC, "if not even_revoked:", "if False:"),
    _without("no ended key", _DOC, '_refuse_past(method, "expires", "key_expired", now)'),
    Defence("no published secret", _DOC, "if any(name in method for name in _SECRETS):", "if False:"),
    Defence("the document is the issuer's", _ORIGIN, 'if document.get("id") != issuer:', "if False:"),
    Defence("no redirect to another site", _ORIGIN, "if _origin(answer.url) != _origin(address):", "if False:"),
    Defence("an answer of 200", _ORIGIN, "if answer.status != 200:\n        raise", "if False:\n        raise"),
    Defence("key set of the issuer's site", _ORIGIN, "if not _is_beside(address, issuer):", "if False:"),
    Defence("key document on the issuer's site", _ORIGIN,
            'if "#" in method_id or not _is_beside(method_id, address):', "if False:"),
    Defence("whose key of the set", _DOC,
            'jwk.get("iss", None if has_to_name else controller) == controller', "True"),
    Defence("name in the site's set", _DOC, "None if has_to_name else controller", "controller"),
    Defence("few keys in a set", _DOC, "MAXIMUM_KEYS = 100", "MAXIMUM_KEYS = 100_000"),
    Defence("a key that is shown", _DOC, "if found == key:", "if True:"),
    Defence("a document before a key set", _ORIGIN,
            'if controller.ASSERTION in document or document.get("id", issuer) != issuer:', "if False:"),
    Defence("https alone", _ORIGIN,
            'return scheme == "https" or (scheme == "http" and case.register.owns(issuer))', "return True"),
    Defence("plain did:web", f"{_O}did.py", '_DID_WEB = re.compile(rf"did:web:({_HOST})(?:%3[Aa]({_PORT}))?((?::{_SEGMENT})*)")',
            '_DID_WEB = re.compile(r"did:web:([^:]*)(?:%3[Aa]([^:]*))?((?::.*)?)", re.DOTALL)'),
    Defence("no key of small order", _KEYS, "if y >= _P or y in _SMALL_ORDER_Y:", "if y >= _P:"),
    Defence("one way to write a key", _KEYS, "if y >= _P or y in _SMALL_ORDER_Y:", "if y in _SMALL_ORDER_Y:"),
    Defence("a point of the curve", _KEYS, 'if key.to_jwk()["y"] != jwk["y"]:', "if False:"),
    Defence("a key for signatures", _KEYS, 'if jwk.get("use", "sig") != "sig" or', "if False and"),
    Defence("a key for this algorithm", _KEYS,
            'if jwk.get("alg", _JWK_ALGORITHMS[kind][0]) not in _JWK_ALGORITHMS[kind]:', "if False:"),
    Defence("no private JWK", _KEYS, 'if jwk.keys() & JWK_SECRETS:', "if False:"),
    Defence("length of RSA keys", _KEYS, "if modulus.bit_length() not in RSA_BITS:", "if False:"),
    Defence("exponent of RSA keys", _KEYS, 'if _octets(jwk, "e") != RSA_EXPONENT.to_bytes(3, "big"):', "if False:"),
    Defence("small factors of RSA keys", _KEYS, "if math.gcd(modulus, _SMALL_PRIMES_PRODUCT) != 1:", "if False:"),
    Defence("canonical base64url", f"{_O}multibase.py", "if base64url_encode(data) != text:", "if False:"),
    Defence("one base", f"{_O}multibase.py", "if not text.startswith(base):", "if False:"),
    # --- tokens
    Defence("algorithms that are allowed", _TOKEN, "if algorithm is None:",
            "if algorithm is None:\n        return Algorithm.ES256\n    if False:"),
    Defence("the key decides the algorithm", _TOKEN, "if _KEY_KIND[algorithm] is not key.kind:", "if False:"),
    Defence("signature of the token", _TOKEN, "jws.deserialize_compact(text, _jose_key(key), registry=registry)", "pass"),
    Defence("header members that are known", _TOKEN, "if unknown:", "if False:"),
    Defence("types of token", _TOKEN, 'if header.get("typ", next(iter(types))) not in types:', "if False:"),
    Defence("no private key in the header", _TOKEN, "if not isinstance(jwk, dict) or jwk.keys() & JWK_SECRETS:", "if False:"),
    Defence("a key is named", _ORIGIN, "raise Doubt(Code.KEY_NOT_NAMED)", "shown = SCHOOL"),
    Defence("no presentation", _CLAIMS, 'if "vp" in credential:', "if False:"),
    Defence("nothing beside a wrapped badge", _CLAIMS,
            'if members.keys() != {"vc"} or not (isinstance(wrapped, dict) and v3.is_older(wrapped)):',
            "if not isinstance(wrapped, dict):"),
    Defence("the earlier of two ends", f"{_O}v3/upgrade.py", '("expirationDate", "validUntil", min)',
            '("expirationDate", "validUntil", max)'),
    Defence("the later of two beginnings", f"{_O}v3/upgrade.py", '("issuanceDate", "validFrom", max)',
            '("issuanceDate", "validFrom", min)'),
    Defence("end in a claim alone", _PROOF, "case.credential |= {key: said[key]", "{key: said[key]"),
    Defence("contexts of 2019", _PROFILE,
            "return _BESIDE_V1.issuperset(rest) and len(set(rest)) == len(rest)", "return True"),
    Defence("claims in text agree", _CLAIMS, "if claim in token.payload and (value is None or", "if False and (value is None or"),
    Defence("claims in seconds agree", _CLAIMS, "if timestamps.to_seconds(instant) != token.payload[claim]:", "if False:"),
    Defence("whole seconds", f"{_O}timestamps.py", "if type(seconds) is not int or not 0 <= seconds <= LAST_SECOND:", "if False:"),
    Defence("bounded token", _TOKEN, "MAXIMUM_CHARACTERS = 65_536", "MAXIMUM_CHARACTERS = 65_536_000"),
    # --- structure and dates
    Defence("type of badges", f"{_V}checks/structure.py", "if not _TYPES <= set(types):", "if False:"),
    Defence("rules of the standard", f"{_V}checks/structure.py", "if problems := v3.lint_received(rest):", "if False:"),
    Defence("not before it begins", f"{_V}checks/dates.py", "if begins and case.now < begins:", "if False:"),
    Defence("not after its end", f"{_V}checks/dates.py", "if ends and case.now > ends:", "if False:"),
    # --- status
    Defence("every entry", _STATUS, "return _worst(_answer(case, entry) for entry in entries)",
            "return _answer(case, entries[0])"),
    Defence("kinds of status", _STATUS,
            "if not (isinstance(written, dict) and isinstance(kind, str) and kind in _KINDS):", "if False:"),
    Defence("proof of the list", _STATUS, "if finding.outcome is not Outcome.PASSED:", "if False:"),
    Defence("issuer of the list", _STATUS, "if lister != issuer and (case", "if False and (case"),
    Defence("whose silence counts", _STATUS, "if reservation is not None and (case.register.owns(issuer) or not is_withdrawn):", "if False:"),
    Defence("plain list of the issuer", _STATUS, 'or reading.reference(listed, "issuer") not in (None, issuer)', ""),
    Defence("plain list on the issuer's site", _STATUS, "or not _share_a_domain(address, issuer)", ""),
    Defence("plain list without redirect", _STATUS, "if not origins.is_same(answer.url, address):", "if False:"),
    Defence("named by a plain list", _STATUS, 'if each.get("id") == case.credential.get("id") and', "if False and"),
    Defence("plain list of objects", _STATUS,
            "if not all(isinstance(each, dict) for each in revoked):",
            "revoked = [each for each in revoked if isinstance(each, dict)]\n    if False:"),
    Defence("plain list that is a list", _STATUS,
            "if not lists or not all(isinstance(each, list) for each in lists):",
            "lists = [each for each in lists if isinstance(each, list)]\n    if False:"),
    Defence("address of the list", _STATUS, 'if listed.credential.get("id") != address:', "if False:"),
    Defence("purpose of the list", _STATUS, 'or entry.purpose not in reading.texts(subject, "statusPurpose")', ""),
    Defence("list without status", _STATUS, 'or "credentialStatus" in credential', ""),
    Defence("answer of the list's address", _STATUS, "if answer.status != 200:", "if False:"),
    Defence("bit that is set", _STATUS, "is_withdrawn = value != 0 and", "is_withdrawn = False and"),
    Defence("leftmost bit first", _LIST, "bool(bitstring[position // 8] & 0x80 >> position % 8)",
            "bool(bitstring[position // 8] & 1 << position % 8)"),
    Defence("digits of a place", _LIST, "if isinstance(value, str) and _INDEX.fullmatch(value):",
            "if isinstance(value, str) and value.strip().isdecimal():"),
    Defence("place within the list", _LIST, "if not 0 <= index < bits:", "if False:"),
    Defence("one whole list", _LIST, "if not inflater.eof or inflater.unused_data:", "if False:"),
    Defence("bounded list", _LIST, "if len(bitstring) > MAXIMUM_BYTES:", "if False:"),
    Defence("list of many", _STATUS, "if entries < status_list.MINIMUM_BITS:", "if False:"),
    # --- Open Badges 2.0
    Defence("scope of the issuer", f"{_OLD}hosted.py",
            'if not _answers_for(reading.child(badge_class, "issuer"), address):', "if False:"),
    Defence("origins by their parts", f"{_V}origins.py",
            "return inner.path == outer.path or inner.path.startswith(folder)", "return inner.path.startswith(outer.path)"),
    Defence("no dots in paths", f"{_V}origins.py",
            'if outer.query or outer.fragment or {".", ".."} & set(unquote(inner.path).split("/")):', "if False:"),
    Defence("copies say the same", f"{_OLD}hosted.py",
            "if found := documents.differences(documents.copied_assertion(case), case.credential):", "if False:"),
    Defence("copies of classes say the same", f"{_OLD}documents.py", "if not is_signed and (", "if False and ("),
    Defence("assertion at its address", f"{_OLD}documents.py", 'if assertion.get("id") != address:', "if False:"),
    Defence("document at its address", f"{_OLD}documents.py",
            'if document.get("id", address if may_be_nameless else None) != address:', "if False:"),
    Defence("no redirect of documents", f"{_OLD}documents.py", "if not origins.is_same(fetched.url, safe):", "if False:"),
    Defence("addresses that can be asked", f"{_OLD}documents.py",
            'if not (safe.startswith("https://") or case.register.owns(address)):', "if False:"),
    Defence("the issuer lists the key", f"{_OLD}signed.py",
            "if not named or not all(name in listed for name in named):",
            "listed |= {name: name for name in named if name not in listed}\n    if not named:"),
    Defence("owner of the key", f"{_OLD}signed.py", 'if document.get("owner") != issuer["id"]:', "if False:"),
    Defence("signed says signed", f"{_OLD}signed.py", "if reading.text(verification, \"type\") not in v2.SIGNED:", "if False:"),
    Defence("revoked at its address", f"{_OLD}status.py",
            '"""Pass when the address of the badge does not say that it is revoked."""\n    if case.credential.get("revoked", False) is not False:', "if False:"),
    Defence("revoked by the list", f"{_OLD}status.py", "if identifiers & named and _revokes(entry):", "if False:"),
    Defence("entries that name nothing", f"{_OLD}status.py", "if unclear:", "if False:"),
    Defence("issuer of the revocations", f"{_OLD}status.py",
            'if reading.reference(document, "issuer") not in (None, issuer):', "if False:"),
    _without("contexts of 2.0", f"{_OLD}documents.py", "_refuse_contexts(written)"),
    _without("odd names of 2.0", f"{_OLD}documents.py", "_refuse_odd_names(written)"),
    Defence("rules of 2.0", f"{_OLD}structure.py", "if problems:", "if False:"),
    # --- images
    Defence("one badge in a PNG", _PNG, "if len(candidates) > 1:", "if False:"),
    Defence("place of the badge in a PNG", _PNG,
            "if chunk.kind not in _READ_FROM[version] or _keyword(chunk) != _KEYWORDS[version]:", "if False:"),
    Defence("checksums", _PNG, "if data[end - 4 : end] != _checksum(kind, content):", "if False:"),
    Defence("nothing behind a PNG", _PNG, "if len(data) - start < 12:", "if len(data) - start < 12:\n            return\n        if False:"),
    Defence("from header to end", _PNG,
            'if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or _PIXELS not in kinds:', "if False:"),
    Defence("few chunks", _PNG, "if len(others) > MAXIMUM_CHUNKS:", "if False:"),
    Defence("extent", _PNG, 'if len(chunks[0].content) != 13 or 0 in struct.unpack(">II", chunks[0].content[:8]):', "if False:"),
    Defence("bounded text of a PNG", _PNG, "if not text or b\"\\0\" in text or len(text) > MAXIMUM_TEXT_BYTES:", "if False:"),
    Defence("one stream", _PNG,
            "if len(text) <= MAXIMUM_TEXT_BYTES and (not inflater.eof or inflater.unused_data):", "if False:"),
    Defence("second badge of an image", f"{_V}report.py", "if self.beside is None:", "if True:"),
    Defence("one badge in an SVG", _SVG, "if len(found) != 1 or written > 1:", "if False:"),
    Defence("place of the badge in an SVG", _SVG, "if not badge.is_ours:", "if False:"),
    Defence("attribute as content", _SVG,
            "if attribute and content and attribute != content and attribute != _address(content):", "if False:"),
    Defence("one piece", _SVG, "if badge.is_mixed or not is_one:", "if False:"),
    Defence("no document type", _SVG, "parser.StartDoctypeDeclHandler = self._refuse", "pass"),
    Defence("no instruction", _SVG, "parser.ProcessingInstructionHandler = self._refuse", "pass"),
    Defence("no other encoding", _SVG, 'if encoding is not None and encoding.lower() != "utf-8":', "if False:"),
    Defence("bounded drawing", _SVG, "if self._depth > MAXIMUM_DEPTH or self._nodes > MAXIMUM_NODES:", "if False:"),
    Defence("a drawing", _SVG, 'if (namespace, element) != (_SVG, "svg"):', "if False:"),
    Defence("bounded file", _SVG, "if len(data) > MAXIMUM_BYTES:", "if False:"),
    # --- who it is
    Defence("unknown is never known", f"{_V}report.py",
            "return _ISSUER_BY_CODE.get(code, Issuer.UNKNOWN)", "return Issuer.OURS"),
)  # fmt: skip

_JUDGE = """
import json, sys
from tests.attacks import corpus
chosen = json.loads(sys.argv[1])
called = set()
if chosen is None:
    sys.setprofile(lambda frame, event, _: event == "call" and called.add(frame.f_code))
for case in corpus.stored():
    if case.is_genuine or not (chosen is None or case.name in chosen):
        continue
    called.clear()
    try:
        answer = corpus.ask_in_process(case)
    except Exception as error:
        found = {"other": f"{type(error).__name__}: {error}"[:200]}
    else:
        wrong = corpus.problems(case, answer)
        accepted = answer.verdict == "green" or (answer.accepts and not case.is_sound)
        found = {"accepted": accepted, "other": wrong} if wrong or accepted else {}
    places = [f"{c.co_filename}:{c.co_firstlineno}" for c in tuple(called) if "badgeservice/" in c.co_filename]
    print(json.dumps([case.name, found, places]), flush=True)
"""


@dataclass(frozen=True)
class Judged:
    """What a corpus said to a copy: which cases noticed, and which functions each case called."""

    noticed: dict[str, str]
    called: dict[str, set[str]]


def judge(defence: Defence | None, chosen: list[str] | None = None) -> Judged:
    """Judge with a defence taken out, by the `chosen` cases or by all.

    A case notices if it is `accepted` now, or judged `otherwise`.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "badgeservice", copy / "badgeservice", ignore=_UNUSED)
        shutil.copytree(ROOT / "tests" / "attacks", copy / "tests" / "attacks", ignore=_UNUSED)
        if defence is not None:
            path = copy / "badgeservice" / defence.file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(defence.source, defence.instead), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", _JUDGE, json.dumps(chosen)],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            preexec_fn=_bounded,
            check=False,
        )  # fmt: skip
        prefix = f"{copy}/badgeservice/"
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    noticed = {
        name: "accepted" if what.get("accepted") else "otherwise" for name, what, _ in lines if what
    }
    if done.returncode:
        # The case after the last answer took all the time or memory there was, or broke the process.
        names = [name for name in _names() if chosen is None or name in chosen]
        if not lines or len(lines) == len(names):
            raise SystemExit(f"{defence and defence.name}: {done.stderr[-600:]}")
        noticed[names[len(lines)]] = "otherwise"
    return Judged(
        noticed, {name: {p.removeprefix(prefix) for p in places} for name, _, places in lines}
    )


_UNUSED = shutil.ignore_patterns("__pycache__", "vendor", "static", "translations")


def concerned(defence: Defence, called: dict[str, set[str]]) -> list[str] | None:
    """Return the cases that come to where a defence stands; None if it stands in no function.

    No other case can notice that it is gone.
    """
    text = (ROOT / "badgeservice" / defence.file).read_text(encoding="utf-8")
    if text.count(defence.source) != 1:
        found = text.count(defence.source)
        raise SystemExit(f"{defence.name}: stands {found} times in {defence.file}")
    line = text.count("\n", 0, text.index(defence.source)) + 1
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or 0)
    ]
    if not functions:
        return None
    inner = max(functions, key=lambda node: node.lineno)
    first = min(node.lineno for node in (inner, *inner.decorator_list))
    place = f"{defence.file}:{first}"
    return [name for name, places in called.items() if place in places]


def _bounded() -> None:
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))


def _names() -> list[str]:
    from tests.attacks import corpus

    return [case.name for case in corpus.stored() if not case.is_genuine]


def main() -> int:
    """Take out each defence, print the matrix, and return the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/drill ablation", description=__doc__)
    parser.add_argument("--only", metavar="WORD", default="", help="defences whose name has WORD")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    defences = [defence for defence in DEFENCES if options.only in defence.name]
    whole = judge(None)
    if whole.noticed:
        wrong = sorted(whole.noticed)[:5]
        print(f"{len(whole.noticed)} cases are wrong with every defence in place: {wrong}")
        return 1
    chosen = [concerned(defence, whole.called) for defence in defences]
    groups = dict(sorted(Counter(name.partition("/")[0] for name in _names()).items()))
    print(f"{'defence':36}" + "".join(f"{group[:2]:>8}" for group in groups))
    killed: Counter[str] = Counter()
    pool = ThreadPoolExecutor(options.workers)
    found: list[dict[str, str]] = []
    for defence, judged in zip(defences, pool.map(judge, defences, chosen), strict=True):
        found.append(cases := judged.noticed)
        cells = []
        for group in groups:
            said = Counter(what for name, what in cases.items() if name.startswith(f"{group}/"))
            killed[group] += bool(said)
            cells.append(f"{said['accepted']}/{said['otherwise']}" if said else "·")
        print(f"{defence.name:36}" + "".join(f"{cell:>8}" for cell in cells), flush=True)
    unnoticed = [d.name for d, cases in zip(defences, found, strict=True) if not cases]
    thin = [g for g, n in groups.items() if killed[g] < math.ceil(n / CASES_FOR_A_KILL)]
    accepted = {name for cases in found for name, what in cases.items() if what == "accepted"}
    print(f"\n{len(defences)} defences, {len(_names())} cases: {', '.join(groups)}")
    print(f"noticed: {len(defences) - len(unnoticed)}; not: {', '.join(unnoticed) or 'none'}")
    print(f"cases that some missing defence lets pass: {len(accepted)}")
    if not options.only:
        few = f"classes with fewer than a kill for {CASES_FOR_A_KILL} cases"
        print(f"{few}: {', '.join(thin) or 'none'}")
    return 1 if unnoticed or (thin and not options.only) else 0


if __name__ == "__main__":
    sys.exit(main())
