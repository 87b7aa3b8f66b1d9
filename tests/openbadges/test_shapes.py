"""shapes and template: what has a template, what has none, and what is remembered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from badgeservice.errors import DataLoss, TooComplex
from badgeservice.openbadges import Document, contexts, jsonld, rdfc, shapes
from badgeservice.openbadges.shapes import Shapes
from badgeservice.openbadges.template import NotParametric, Sentinels, Template

pytestmark = pytest.mark.any_database

SECRET = "0123456789abcdef"


@pytest.fixture
def fast() -> Shapes:
    """Shapes of which none is known yet."""
    return Shapes(SECRET)


class TestRemembered:
    """A shape is compiled once, a bounded number of them is kept, and threads share them."""

    def test_the_second_document_of_a_shape_has_a_template(
        self, fast: Shapes, credential: dict
    ) -> None:
        """One that comes once costs nothing more than on the general path."""
        told = [fast.canonicalize(credential | {"name": name}) for name in ("one", "two", "three")]

        assert told == [
            jsonld.canonicalize(credential | {"name": name}) for name in ("one", "two", "three")
        ]
        assert fast.counts == shapes.Counts(rendered=2, general=1, compiled=1)

    def test_few_shapes_are_remembered_and_the_oldest_goes(self, credential: dict) -> None:
        """Memory is bounded, whatever comes."""
        fast = Shapes(SECRET, maximum=2)
        every = [credential | {"evidence": _evidence(count)} for count in range(3)]
        for document in (*every, *every):  # each is forgotten before it comes again
            fast.render(document)
        assert fast.counts.compiled == 0

        for document in every:
            fast.render(document)
            fast.render(document)

        assert fast.counts.compiled == 3
        assert fast.render(every[0]) is None
        assert fast.render(every[2]) is not None

    def test_threads_share_the_shapes(self, fast: Shapes, credential: dict) -> None:
        """What is told at once is told right."""
        documents = [
            {**credential, "name": f"{n}", "evidence": _evidence(n % 3)} for n in range(60)
        ]
        expected = [jsonld.canonicalize(document) for document in documents]
        told: dict[int, list[str]] = {}

        def tell(number: int) -> None:
            told[number] = [fast.canonicalize(document) for document in documents]

        threads = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert told == dict.fromkeys(range(4), expected)

    def test_a_template_that_is_wrong_is_not_used(self, credential: dict) -> None:
        """It is made from a document whose answer is known; here the general path has changed."""

        class Other(jsonld.Processor):
            def canonicalize(self, document: Document, **options: Any) -> str:
                return super().canonicalize(document, **options) + "# once more\n"

        fast = Shapes(SECRET, processor=Other(contexts.load))

        told = [fast.canonicalize(credential) for _ in range(3)]

        assert {text[-12:] for text in told} == {"# once more\n"}
        assert fast.counts == shapes.Counts(general=3, differed=1)


class TestOutsideTheDomain:
    """What takes the general path."""

    @pytest.mark.parametrize(
        "change",
        [
            {"@context": contexts.CREDENTIALS_V2},
            {"@context": [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3_2]},
            {"@context": [contexts.CREDENTIALS_V2, {"name": "https://a.example/name"}]},
            {"@type": ["VerifiableCredential"]},
            {"type": [["OpenBadgeCredential"]]},
            {"name": {"@value": "Badge", "@language": "en"}},
            {"name": 1.0},
            {"name": [["Badge"]]},
        ],
    )
    def test_is_what_we_do_not_write(self, fast: Shapes, credential: dict, change: dict) -> None:
        """Keywords, other contexts, numbers with a point: the general path answers or refuses."""
        document = credential | change

        assert [fast.render(document) for _ in range(3)] == [None, None, None]
        assert fast.counts == shapes.Counts()

    def test_are_documents_without_context_or_without_bottom(self, fast: Shapes) -> None:
        """The general path has words for them."""
        deep: dict[str, Any] = {"@context": [contexts.CREDENTIALS_V2]}
        for _ in range(2_000):
            deep = {"@context": [contexts.CREDENTIALS_V2], "evidence": deep}

        assert fast.render({"name": "x"}) is None
        with pytest.raises(TooComplex):
            fast.canonicalize(deep)

    @pytest.mark.parametrize(
        "address",
        [
            "", "relative", "_:b", "mailto:a@b.example", "https://a.example/a b", "https://a/\n",
            "https://a/\nhttps://b/",
        ],
    )  # fmt: skip
    def test_are_addresses_that_are_not_plain(
        self, fast: Shapes, credential: dict, address: str
    ) -> None:
        """One shape may come with both."""
        fast.canonicalize(credential)
        fast.canonicalize(credential)

        assert fast.render(credential | {"id": address}) is None

    def test_are_nodes_that_look_alike(self, fast: Shapes, credential: dict) -> None:
        """Their labels take more than one step."""
        alike = [{"type": ["Evidence"], "name": "x"}, {"type": ["Evidence"], "name": "x"}]
        unlike = [{"type": ["Evidence"], "name": "x"}, {"type": ["Evidence"], "name": "y"}]
        for evidence in (unlike, unlike, alike):
            document = {**credential, "evidence": evidence}
            assert fast.canonicalize(document) == jsonld.canonicalize(document)

        assert fast.counts == shapes.Counts(rendered=1, general=2, compiled=1)

    @pytest.mark.parametrize(
        "change",
        [
            {"_sd": "text that is written as JSON"},
            {"_sd": {"a": "text inside of JSON"}},
            {"undefinedTerm": "dropped"},
        ],
    )
    def test_are_texts_that_are_not_taken_as_they_are(
        self, fast: Shapes, credential: dict, change: dict
    ) -> None:
        """No template is made, however often they come."""
        document = credential | change

        assert [fast.render(document) for _ in range(3)] == [None, None, None]
        assert fast.counts == shapes.Counts()

    def test_is_refused_by_the_general_path_as_ever(self, fast: Shapes, credential: dict) -> None:
        """Nothing is signed of which a part would be missing."""
        for _ in range(3):
            with pytest.raises(DataLoss):
                fast.canonicalize(credential | {"undefinedTerm": "dropped"})


class TestTemplate:
    """What no document of ours leads to, refused all the same."""

    sentinels = Sentinels(SECRET)

    @pytest.mark.parametrize(
        "objects",
        [
            lambda of: [rdfc.literal(f"{of(0)}{of(0)}")],
            lambda of: [rdfc.literal(f"{of(0)} and more")],
            lambda of: [rdfc.literal(of(0)), rdfc.iri(of(0))],
            lambda of: [rdfc.literal(of(0), datatype="http://www.w3.org/2001/XMLSchema#double")],
            lambda of: [rdfc.literal("dropped")],
        ],
    )
    def test_refuses(self, objects: Callable[[Callable[[int], str]], list[str]]) -> None:
        """A leaf must be the whole of a term, and the same kind of term wherever it stands."""
        quads = [("<urn:s>", "<urn:p>", object_, "") for object_ in objects(self.sentinels.of)]

        with pytest.raises(NotParametric):
            Template(quads, 1, self.sentinels)

    def test_keeps_what_is_around_a_leaf(self) -> None:
        """Its language and datatype, and percent signs anywhere."""
        text, typed = self.sentinels.of(0), self.sentinels.of(1)
        quads = [
            ("<urn:%s>", "<urn:p>", rdfc.literal(text, language="fr"), ""),
            ("<urn:%s>", "<urn:p>", rdfc.literal(typed, datatype="urn:100%25"), "_:b0"),
        ]

        assert Template(quads, 2, self.sentinels).render(["%s", '"']) == (
            '<urn:%s> <urn:p> "%s"@fr .\n<urn:%s> <urn:p> "\\""^^<urn:100%25> _:c14n0 .\n'
        )

    def test_without_leaves_is_a_constant(self) -> None:
        """One gap or none is not a special case to whoever renders."""
        quad = ("<urn:s>", "<urn:p>", "<urn:o>", "")

        assert Template([quad], 0, self.sentinels).render([]) == "<urn:s> <urn:p> <urn:o> .\n"


@pytest.mark.parametrize("address", [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3])
def test_the_domain_rests_on_what_the_contexts_say(address: str) -> None:
    """No term could be taken for a plain address or its scheme; no keyword has another name; and
    nothing gives a text a language or an address a base. Otherwise leaves would change the shape.
    """
    for term, definition in _definitions(contexts.load(address)):
        says = definition if isinstance(definition, dict) else {"@id": definition}
        assert ":" not in term
        assert term not in {"http", "https", "did", "urn"}
        assert says.get("@id") in (_NAMES.get(term), _no_keyword(says.get("@id")))
        assert set(says.get("@container", "@set").split()) <= {"@set", "@list", "@graph"}
        assert not says.keys() & {
            "@language",
            "@direction",
            "@base",
            "@vocab",
            "@nest",
            "@reverse",
            "@index",
        }
        if says.get("@type") == "@vocab":
            assert term in shapes.CONSTANTS


def _definitions(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield each term of a context, and of the contexts within, with its definition."""
    for term, definition in (value.get("@context") or {}).items():
        if term.startswith("@"):
            assert term in {"@protected", "@version"}
            continue
        yield term, definition
        if isinstance(definition, dict):
            yield from _definitions(definition)


_NAMES = {"id": "@id", "type": "@type"}


def _no_keyword(name: str | None) -> str | None:
    return None if name is not None and name.startswith("@") else name


def _evidence(count: int) -> list[Document]:
    return [
        {"id": f"https://badges.example/b/1#{n}", "type": ["Evidence"], "name": f"{n}"}
        for n in range(count + 1)
    ]
