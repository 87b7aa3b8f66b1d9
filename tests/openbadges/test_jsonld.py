"""jsonld: what is canonicalized is the whole document, or nothing."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import warnings

import pytest
from pyld.jsonld import ContextResolver, JsonLdProcessor

from badgeservice.errors import (
    BadgeserviceError,
    BadLinkedData,
    DataLoss,
    TooComplex,
    UnknownContext,
)
from badgeservice.openbadges import contexts, jsonld, rdfc

from . import SHARED, nquads

FOLDER = SHARED / "vectors/jsonld-toRdf"
CASES = sorted(path.name.removesuffix("-in.jsonld") for path in FOLDER.glob("*-in.jsonld"))

# Cases that the W3C suite calls valid and that we refuse on purpose, with the rule.
REFUSED = {
    **dict.fromkeys(
        [
            "0016",
            "0017",
            "0018",
            "0121",
            "0132",
            "e005",
            "e029",
            "e050",
            "e056",
            "e066",
            "e076",
            "e089",
            "e109",
            "li11",
            "li13",
            "li14",
            "pi06",
            "pi07",
            "pi08",
            "pi10",
        ],
        "relative or malformed address",  # it would mean another thing at every place
    ),
    **dict.fromkeys(
        ["e003", "e032", "e059", "e092", "e110", "e112", "e119", "in06", "pr19", "pr35", "pr36"],
        "undefined term",  # it would not be signed
    ),
    **dict.fromkeys(["0030", "e045"], "dropped by JSON-LD"),  # a node or value that says nothing
    **dict.fromkeys(["e063", "e082", "e097"], "an index is not signed"),
    **dict.fromkeys(
        ["c031", "e126", "so08", "so11"], "relative IRI"
    ),  # contexts by relative address
    "wf05": "malformed language tag",
}
# Cases whose base direction we keep as VCDM 2.0 asks (rdfDirection i18n-datatype), and the suite
# drops because it runs without that option.
DIRECTION = {
    "di03": ["i18n#_rtl", "i18n#_ltr"],
    "di05": ["i18n#de_ltr", "i18n#en_ltr"],
}
# Cases whose expected output is not a file: the literal says itself what is expected.
LITERALS = ["nt01", "nt03", "nt07", "nt09", "nt11", "nt12", "nt13", "nt15"]

VC = contexts.CREDENTIALS_V2
OB = contexts.OPEN_BADGES_V3


def no_context(address):
    """Know no context at all."""
    raise UnknownContext(address)


@pytest.fixture
def unpinned():
    """A processor that knows no context by address, as the suite's contexts stand inline."""
    return jsonld.Processor(no_context)


@pytest.fixture
def guide(vectors):
    """The credential of the Open Badges implementation guide, without its proof."""
    document = json.loads((vectors / "ob3-ldp-guide/guide-signed.json").read_bytes())
    del document["proof"]
    return document


def badge(**subject):
    """A small credential with something odd in its subject."""
    return {
        "@context": [VC, OB],
        "id": "urn:uuid:58172aac-d8ba-41ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "https://issuer.example", "type": ["Profile"]},
        "validFrom": "2026-11-23T09:00:00Z",
        "credentialSubject": {"type": ["AchievementSubject"], **subject},
    }


class TestW3CSuite:
    """The toRdf suite through our entry point: equal, or refused by a rule in a table above."""

    @pytest.mark.parametrize("case", CASES)
    def test_to_rdf(self, vectors, unpinned, case):
        """Each case has exactly one expectation."""
        folder = vectors / "jsonld-toRdf"
        document = json.loads((folder / f"{case}-in.jsonld").read_bytes())
        published = folder / f"{case}-out.nq"

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # pyld's, on reserved terms
            if case in REFUSED:
                with pytest.raises((DataLoss, BadLinkedData), match=REFUSED[case]):
                    unpinned.canonicalize(document)
                return
            if not published.exists() and case not in LITERALS:
                with pytest.raises((DataLoss, BadLinkedData)):
                    unpinned.canonicalize(document)
                return
            canonical = unpinned.canonicalize(document)

        if case in LITERALS:
            (node,) = document
            (value,) = next(values for key, values in node.items() if key != "@id")

            assert [rdfc.literal(value["@value"])] == [q[2] for q in nquads.read(canonical)]
        elif case in DIRECTION:
            assert all(datatype in canonical for datatype in DIRECTION[case])
        else:
            assert canonical == rdfc.canonicalize(nquads.read(published.read_bytes().decode()))

    def test_tables_name_cases_that_exist(self, vectors):
        """A table that outlives its case hides the next difference."""
        assert {*REFUSED, *DIRECTION, *LITERALS} <= set(CASES)
        assert len(CASES) - len(REFUSED) >= 120


def test_canonical_form_of_the_implementation_guide(vectors, guide):
    """1EdTech's own vector, byte for byte."""
    expected = (vectors / "ob3-ldp-guide/document-canon.txt").read_text()

    assert expected == jsonld.canonicalize(guide)


def test_leaves_the_document_alone(guide):
    """Canonicalizing is a question, not a change."""
    before = json.dumps(guide)

    jsonld.canonicalize(guide)
    jsonld.recompact(guide)

    assert before == json.dumps(guide)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hiddenBonus": "1000"}, "undefined term, so unsigned: 'hiddenBonus'"),
        ({"result": [{"type": ["Result"], "valeur": "1"}]}, "undefined term"),
        ({"result": [{"type": ["Resultat"], "value": "1"}]}, "undefined term"),
        ({"type": ["AchievementSubject", "Extra"]}, "address: 'Extra'"),
        ({"type": ["AchievementSubject", "@json"]}, "address: '@json'"),
        ({"id": "learner-1"}, "address: 'learner-1'"),
        ({"id": "/learner"}, "address: '/learner'"),
        ({"id": "https://a.example/ b"}, "address"),
        ({"id": "https://a.example/<b>"}, "address"),
        ({"id": "https://a.example/\u00a0"}, "address"),
        ({"id": "@type"}, "address"),
        ({"role": {"@value": None}}, "dropped by JSON-LD"),
        ({"role": {"@value": "x", "@language": "not a tag"}}, "language tag"),
        ({"role": {"@language": "fr"}}, "dropped by JSON-LD"),
        ({"role": {"@value": "x", "@index": "y"}}, "index"),
        ({"_:property": "x"}, "blank node as property"),
        ({"urn:a<b>": "x"}, "address"),
        ({"@unknown": "x"}, "mapped to nothing"),
    ],
    ids=lambda value: str(value)[:50],
)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_refuses_what_would_not_be_signed(change, reason):
    """D1: whatever JSON-LD drops could be added, changed or removed by anyone."""
    with pytest.raises(DataLoss, match=reason):
        jsonld.canonicalize(badge(**change))


def test_the_badge_of_these_tests_is_accepted():
    """Otherwise the refusals above would prove nothing."""
    assert jsonld.canonicalize(badge(role="student")).count("\n") == 8


@pytest.mark.parametrize(
    "context",
    [
        "https://evil.example/v1",
        [VC, "https://evil.example/v1"],
        [{"@import": "https://evil.example/v1"}],
    ],
)
def test_unknown_contexts_are_not_fetched(context):
    """D3: no request leaves, and the reason is ours, not pyld's."""
    with pytest.raises(UnknownContext, match="evil"):
        jsonld.canonicalize(badge() | {"@context": context})


@pytest.mark.parametrize(
    "document",
    [
        badge(id=5),
        badge(type=5),
        badge() | {"@context": [VC, OB, {"VerifiableCredential": "urn:other"}]},
        {"@context": "relative", "id": "urn:x"},
        {"@context": {"a": {"@id": "urn:a", "@container": ["@list", "@list"]}}, "a": 1},
    ],
    ids=["id", "type", "protected term", "relative context", "container"],
)
def test_broken_linked_data_is_named_so(document):
    """Errors of the library reach nobody under their own name."""
    with pytest.raises(BadLinkedData, match="JSON-LD"):
        jsonld.canonicalize(document)


def results_by_alignments(size):
    """`size` identical results, each with `size` identical alignments: 5 kB of real vocabulary."""
    alignment = {"type": ["Alignment"], "targetName": "x", "targetUrl": "https://x.example"}
    result = {"type": ["Result"], "alignment": [alignment] * size}
    return badge(result=[result] * size)


def tree(depth, breadth):
    """Identical branches all the way down."""
    if depth == 0:
        return {"v": "x"}
    return {"p": [tree(depth - 1, breadth)] * breadth}


@pytest.mark.parametrize(
    "document",
    [
        results_by_alignments(8),
        results_by_alignments(9),
        {"@context": {"p": "urn:p", "v": "urn:v"}, **tree(8, 2)},
        {
            "@context": {"p": {"@id": "urn:p", "@type": "@id"}},
            "@graph": [
                {"@id": f"_:b{i}", "p": [f"_:b{j}" for j in range(8) if j != i]} for i in range(8)
            ],
        },
        badge(role=["x"] * 2_000),
    ],
    ids=["8x8", "9x9", "tree", "clique", "many values"],
)
def test_refuses_poison_quickly(document):
    """D7: kilobytes that keep an unlimited verifier busy for minutes."""
    start = time.process_time()

    with pytest.raises(TooComplex):
        jsonld.canonicalize(document)

    assert time.process_time() - start < 2


def test_ordinary_look_alikes_are_canonicalized():
    """Three results with three equal alignments each are clumsy, not hostile."""
    assert jsonld.canonicalize(results_by_alignments(3))


def test_refuses_what_is_nested_beyond_the_stack():
    """Callers parse with a depth limit; this one does not rely on it."""
    document = {"v": "x"}
    for _ in range(900):
        document = {"p": document}

    with pytest.raises(TooComplex, match="nested too deeply"):
        jsonld.canonicalize({"@context": {"p": "urn:p", "v": "urn:v"}, **document})


def test_recompact_gives_back_a_plain_document(guide):
    """Same facts, with one-element lists unwrapped."""
    recompacted = jsonld.recompact(guide)

    assert recompacted["@context"] == guide["@context"]
    assert recompacted["issuer"] == {**guide["issuer"], "type": "Profile"}
    assert recompacted["credentialSubject"]["achievement"]["name"] == "Teamwork"


@pytest.mark.parametrize(
    "hide",
    [
        lambda d: d | {"https://www.w3.org/2018/credentials#validUntil": d.pop("validUntil")},
        lambda d: (
            d
            | {"@included": [{"id": d["id"], "type": d["type"], "validUntil": d.pop("validUntil")}]}
        ),
    ],
    ids=["full IRI", "@included"],
)
def test_recompact_shows_what_restructuring_hides(hide):
    """D2: same RDF, valid signature, and a reader of plain JSON sees no expiry."""
    document = hide(badge() | {"validUntil": "2020-01-01T00:00:00Z"})

    assert document != jsonld.recompact(document)


def test_expand_gives_absolute_names(guide):
    """The form in which terms have no short names."""
    (expanded,) = jsonld.expand(guide)

    assert "https://www.w3.org/2018/credentials#issuer" in expanded


def test_a_processor_of_ones_own_may_know_more_contexts(guide):
    """Tests with foreign vocabularies need no switch that production could forget."""
    processor = jsonld.Processor(lambda address: {"@context": {"p": "urn:p"}})

    assert processor.canonicalize({"@context": "urn:ctx", "p": "x"}) == '_:c14n0 <urn:p> "x" .\n'
    with pytest.raises(UnknownContext):
        jsonld.canonicalize({"@context": "urn:ctx", "p": "x"})


def test_each_context_is_loaded_once():
    """Checking a digest for each document would cost more than the document."""
    asked = []

    def load(address):
        asked.append(address)
        return {"@context": {"p": "urn:p"}}

    processor = jsonld.Processor(load)
    for _ in range(3):
        processor.canonicalize({"@context": ["urn:ctx", {"q": "urn:q"}], "p": "x", "q": "y"})

    assert asked == ["urn:ctx"]


def test_threads_agree(guide):
    """Pyld shares caches without locks: under threads it broke genuine badges."""
    expected = jsonld.canonicalize(guide)
    results = []

    def work():
        results.extend(jsonld.canonicalize(guide) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [expected] * 120


class TestRemembered:
    """What contexts make of each other is kept between documents, which nobody may notice."""

    @pytest.fixture
    def documents(self, vectors):
        """Every document of the test data that can be read under the pinned contexts."""
        found = []
        for path in sorted(vectors.rglob("*.json")):
            with contextlib.suppress(ValueError, BadgeserviceError):
                document = json.loads(path.read_bytes())
                if isinstance(document, dict) and "@context" in document:
                    content = {name: value for name, value in document.items() if name != "proof"}
                    found.append((content, jsonld.canonicalize(content)))
        return found

    def test_every_document_reads_as_by_pyld_alone(self, documents):
        """Pyld, which forgets everything before each document, is the judge."""
        assert len(documents) >= 120

        for document, canonical in documents:
            load = jsonld.PINNED._remote_document
            options = {"base": None, "documentLoader": load, "rdfDirection": "i18n-datatype"}
            options["contextResolver"] = ContextResolver({}, load)
            alone = JsonLdProcessor().expand(document, dict(options))
            dataset = JsonLdProcessor().to_rdf(alone, dict(options))
            compacted = JsonLdProcessor().compact(
                alone, document["@context"], options | {"skipExpansion": True}
            )

            assert jsonld.expand(document) == alone
            assert jsonld.recompact(document) == compacted
            assert canonical == rdfc.canonicalize(jsonld._quads(dataset))

    def test_a_context_of_the_documents_own_is_read_anew(self):
        """The same object may say something else the next time."""
        document = {"@context": ["urn:ctx", {"q": "urn:q"}], "q": "x"}
        processor = jsonld.Processor(lambda address: {"@context": {"p": "urn:p"}})
        processor.canonicalize(document)
        document["@context"][1]["q"] = "urn:other"

        assert processor.canonicalize(document) == '_:c14n0 <urn:other> "x" .\n'

    def test_terms_of_a_type_that_a_document_defines_are_read_anew(self):
        """A context inside of such a context neither."""
        scoped = {"q": "urn:q"}
        document = {"@context": {"T": {"@id": "urn:T", "@context": scoped}}, "@type": "T", "q": "x"}
        processor = jsonld.Processor(no_context)
        processor.canonicalize(document)
        scoped["q"] = "urn:other"

        assert '<urn:other> "x"' in processor.canonicalize(document)

    def test_the_memory_has_a_bound(self, monkeypatch):
        """Whoever sends ever new contexts makes us forget, and nothing else."""
        monkeypatch.setattr(jsonld, "MAXIMUM_PROCESSED", 3)
        processor = jsonld.Processor(lambda address: {"@context": {"p": address}})

        for number in [*range(5), 0]:
            document = {"@context": f"urn:ctx:{number}", "p": "x"}

            assert processor.canonicalize(document) == f'_:c14n0 <urn:ctx:{number}> "x" .\n'
            assert 1 <= len(processor._pyld._processed) <= 3

    def test_no_context_at_all(self):
        """An empty list makes nothing of what was there, and nothing is kept for it."""
        processor = jsonld.Processor(no_context)

        for _ in range(2):
            assert (
                processor.canonicalize({"@context": [], "urn:p": "x"}) == '_:c14n0 <urn:p> "x" .\n'
            )
