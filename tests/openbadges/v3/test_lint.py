"""lint: every rule is broken once, at every place where it can be."""

from __future__ import annotations

import copy
import json

import pytest

from badgeservice.openbadges import contexts, v3
from badgeservice.openbadges.v3 import HOUSE_RULES, Rule
from badgeservice.openbadges.v3.vocabulary import CLASSES, ENUMERATIONS, Kind

ALIAS = {"AchievementCredential": "OpenBadgeCredential"}


def at(document, path):
    """Return what stands at a path of names and numbers."""
    for step in path:
        document = document[step]
    return document


def written(path):
    """Write a path as problems do."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def objects(value, class_name, path=()):
    """Yield path and class of every object of a document, by the classes of its members."""
    if class_name == "CredentialStatus":
        class_name = "BitstringStatusListEntry"
    yield path, class_name
    for name, member in CLASSES[class_name].members.items():
        if name in value and member.kind in CLASSES:
            if member.many:
                for number, item in enumerate(value[name]):
                    yield from objects(item, member.kind, (*path, name, number))
            else:
                yield from objects(value[name], member.kind, (*path, name))


def broken(document, path, change):
    """Return a copy in which `change` was applied to what stands at `path`."""
    forged = copy.deepcopy(document)
    change(at(forged, path))
    return forged


def rules(problems, path):
    """The rules that are broken at a path."""
    return {problem.rule for problem in problems if problem.path == path}


@pytest.fixture(params=["badge", "endorsement", "revocations"])
def case(request):
    """Each kind of document with its lint and its class."""
    document = request.getfixturevalue(request.param)
    lint, root = {
        "badge": (v3.lint, "OpenBadgeCredential"),
        "endorsement": (v3.lint_endorsement, "EndorsementCredential"),
        "revocations": (v3.lint_status_list, "BitstringStatusListCredential"),
    }[request.param]
    return document, lint, root


class TestEverywhere:
    """Generated: each rule at each place of a complete document."""

    def test_each_required_member(self, case):
        """Leaving out any of them, at any depth, is noticed at its place."""
        document, lint, root = case
        unnoticed = []
        count = 0

        for path, class_name in objects(document, root):
            names = [n for n, member in CLASSES[class_name].members.items() if member.required]
            for name in [*names, *(["type"] if CLASSES[class_name].typed else [])]:
                count += 1
                forged = broken(document, path, lambda value, name=name: value.pop(name))
                expected = Rule.TYPE if name == "type" else Rule.REQUIRED
                if expected not in rules(lint(forged), written((*path, name))):
                    unnoticed.append((*path, name))

        assert unnoticed == []
        assert count >= (60 if root == "OpenBadgeCredential" else 8)

    def test_each_type(self, case):
        """Another class, an array instead of text, text instead of an array."""
        document, lint, root = case

        for path, class_name in objects(document, root):
            if not CLASSES[class_name].typed:
                continue
            place = written((*path, "type"))
            stated = at(document, path)["type"]
            other = ["Other"] if isinstance(stated, list) else "Other"
            turned = stated[0] if isinstance(stated, list) else [stated]

            forged = broken(document, path, lambda value, new=other: value.update(type=new))
            if class_name != "BitstringStatusListEntry":
                assert Rule.TYPE in rules(lint(forged), place), place
            forged = broken(document, path, lambda value, new=turned: value.update(type=new))
            assert rules(lint(forged), place) & {Rule.TYPE, Rule.ARRAY}, place
            forged = broken(document, path, lambda value: value.update(type=5))
            assert Rule.TYPE in rules(lint(forged), place), place

    def test_each_member_of_another_kind(self, case):
        """Numbers for text, text for objects, relative addresses, dates without zone."""
        wrong = {
            Kind.TEXT: [5, ["x"], {"@value": "x"}],
            Kind.ADDRESS: ["relative", "", "_:b0", "https://a.example/a b", 5],
            Kind.WEB_ADDRESS: ["ftp://a.example", "urn:x", "https://", "a.example"],
            Kind.INSTANT: ["2026-11-23", "2026-11-23T09:00:00", 5, "soon"],
            Kind.DATE: ["2026-02-30", "2026-11-23T09:00:00Z", 5],
            Kind.NUMBER: ["1", True],
            Kind.BOOLEAN: ["false", 0],
            Kind.LANGUAGE: ["EN", "english", "fr_FR", 5],
            Kind.EMAIL: ["nobody", "a@b@c", 5],
            Kind.PHONE: ["02 33 00 00 00", "0233", 33],
            Kind.COUNTRY: ["fr", "FRA", 5],
            Kind.COMPACT_JWS: ["a.b", "a.b.c.d", 5],
            Kind.INDEX: ["05", "abc", -1],
            Kind.OBJECT: ["x", 5],
        }
        noticed = {Rule.KIND, Rule.ENUMERATION, Rule.NOTATION}
        document, lint, root = case
        unnoticed = []

        for path, class_name in objects(document, root):
            for name, member in CLASSES[class_name].members.items():
                values = wrong.get(member.kind, ["x", 5])
                for value in values:
                    new = [value] if member.many else value
                    forged = broken(
                        document, path, lambda v, name=name, new=new: v.update({name: new})
                    )
                    place = written((*path, name, 0) if member.many else (*path, name))
                    if not rules(lint(forged), place) & noticed:
                        unnoticed.append((place, value))

        assert unnoticed == []

    def test_each_array(self, badge):
        """The strict schema wants arrays; JSON-LD and the standard's newer schema do not."""
        for path, class_name in objects(badge, "OpenBadgeCredential"):
            for name, member in CLASSES[class_name].members.items():
                value = at(badge, path).get(name)
                if member.many and value is not None:
                    place = written((*path, name))
                    single = broken(
                        badge, path, lambda v, name=name, value=value: v.update({name: value[0]})
                    )
                    assert Rule.ARRAY in rules(v3.lint(single), place)
                    assert rules(v3.lint_received(single), place) == set()
                elif value is not None and member.kind not in CLASSES:
                    double = broken(
                        badge, path, lambda v, name=name, value=value: v.update({name: [value]})
                    )
                    assert rules(v3.lint(double), written((*path, name)))

    def test_each_null_and_each_empty_value(self, badge):
        """Null stands for nothing, and the empty text says nothing."""
        for path, class_name in objects(badge, "OpenBadgeCredential"):
            for name in CLASSES[class_name].members:
                for value, rule in [(None, Rule.NULL), ("", Rule.EMPTY), ([], Rule.EMPTY)]:
                    forged = broken(
                        badge, path, lambda v, name=name, value=value: v.update({name: value})
                    )
                    assert rule in rules(v3.lint(forged), written((*path, name)))

    def test_closed_classes(self, badge):
        """Three classes allow no other members."""
        places = []

        for path, class_name in objects(badge, "OpenBadgeCredential"):
            forged = broken(badge, path, lambda value: value.update(extra="x"))
            if Rule.CLOSED in rules(v3.lint_received(forged), written((*path, "extra"))):
                places.append(class_name)

        assert set(places) == {"Image", "IdentityObject"}
        identifier = {"type": "IdentifierEntry", "identifier": "1", "identifierType": "isbn"}
        badge["issuer"] = badge["issuer"] | {"otherIdentifier": [identifier]}
        assert v3.lint(badge) == []
        identifier["extra"] = "x"
        assert {p.rule for p in v3.lint(badge)} == {Rule.CLOSED}


@pytest.mark.parametrize("kind", ENUMERATIONS)
def test_enumerations(badge, kind):
    """Each value is accepted, and others only as `ext:` where the standard says so."""

    def put(value):
        document = copy.deepcopy(badge)
        subject = document["credentialSubject"]
        achievement = subject["achievement"]
        if kind == Kind.ACHIEVEMENT_TYPE:
            achievement["achievementType"] = value
        elif kind == Kind.TARGET_TYPE:
            achievement["alignment"][0]["targetType"] = value
        elif kind == Kind.IDENTIFIER_TYPE:
            subject["identifier"][0]["identityType"] = value
        elif kind == Kind.RESULT_TYPE:
            achievement["resultDescription"][1]["resultType"] = value
        else:
            subject["result"][2]["status"] = value
        return {p.rule for p in v3.lint(document)} - {Rule.REFERENCE}

    assert [value for value in ENUMERATIONS[kind] if put(value)] == []
    for other in ["badge", "Other", "xext:a", "ext:a b", "ext:", "", 5, ["Badge"]]:
        assert Rule.ENUMERATION in put(other)
    assert (put("ext:cotentin.Badge-1") == set()) is (kind != Kind.RESULT_STATUS)


@pytest.mark.parametrize(
    "context",
    [
        None,
        "https://www.w3.org/ns/credentials/v2",
        [],
        [contexts.CREDENTIALS_V2],
        [contexts.OPEN_BADGES_V3, contexts.CREDENTIALS_V2],
        [contexts.CREDENTIALS_V2, contexts.MULTIKEY_V1, contexts.OPEN_BADGES_V3],
        [contexts.CREDENTIALS_V2, {"@vocab": "urn:x"}],
        ["https://www.w3.org/2018/credentials/v1", contexts.OPEN_BADGES_V3],
        [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3 + "x"],
    ],
    ids=str,
)
def test_contexts_in_order(badge, context):
    """Order decides which context defines a term that two of them know."""
    assert Rule.CONTEXT in rules(v3.lint_received(badge | {"@context": context}), "@context")


def test_other_contexts_are_for_others(badge):
    """An older context, or one more, is conformant; ours are exactly two."""
    for context in (
        [contexts.CREDENTIALS_V2, "https://purl.imsglobal.org/spec/ob/v3p0/context.json"],
        [contexts.CREDENTIALS_V2, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.10.json"],
        [*v3.CONTEXT, "https://example.org/v1"],
    ):
        document = badge | {"@context": context}
        assert v3.lint_received(document) == []
        assert rules(v3.lint(document), "@context") == {Rule.EXACT_CONTEXT}


def test_extension_types_need_their_context(badge):
    """Without it the type means nothing and is not signed."""
    badge["credentialSchema"] = [
        {"id": "https://a.example/schema.json", "type": "1EdTechJsonSchemaValidator2019"}
    ]

    assert rules(v3.lint_received(badge), "@context") == {Rule.CONTEXT}
    badge["@context"] = [*v3.CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]
    assert v3.lint(badge) == []


class TestEmbeddedEndorsements:
    """Another's credential inside a badge: ours must be strict, a stranger's is not judged by it."""

    @pytest.fixture
    def inside(self, badge):
        """The endorsement inside the badge's achievement."""
        return badge["credentialSubject"]["achievement"]["endorsement"][0]

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"type": ["VerifiableCredential"]}, Rule.TYPE),
            ({"validFrom": "soon"}, Rule.KIND),
            ({"credentialSubject": {"type": ["EndorsementSubject"]}}, Rule.REQUIRED),
            ({"@context": [contexts.CREDENTIALS_V2]}, Rule.CONTEXT),
            ({"validUntil": "2020-01-01T00:00:00Z"}, Rule.ORDER),
            ({"description": ""}, Rule.EMPTY),
        ],
        ids=lambda value: value if isinstance(value, str) else next(iter(value)),
    )
    def test_is_a_part_of_what_we_sign_and_judged_apart_elsewhere(
        self, badge, inside, endorsement, change, rule
    ):
        """The strict schema looks into it, so ours must be whole; others answer for theirs."""
        inside |= change

        assert {(p.path.startswith("credentialSubject.achievement.endorsement[0]"), p.rule)
                for p in v3.lint(badge)} == {(True, rule)}  # fmt: skip
        assert v3.lint_received(badge) == []
        assert {p.rule for p in v3.lint_embedded_endorsement(endorsement | change)} == {rule}
        received = v3.lint_received_endorsement(endorsement | change)
        assert {p.rule for p in received} == {rule} - HOUSE_RULES

    @pytest.mark.parametrize(
        "change",
        [
            {"validFrom": "2026-11-20T10:00:00+01:00"},
            {"@context": [*v3.CONTEXT, contexts.DATA_INTEGRITY_V2]},
            {"issuer": {"id": "did:web:port.example", "type": ["Profile"]}},
            {"credentialSubject": {"id": "urn:uuid:1", "type": ["EndorsementSubject"]}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_what_is_the_endorsers_choice(self, badge, inside, endorsement, change):
        """Rules for how our own things look do not bind others."""
        inside |= change

        assert v3.lint(badge) == []
        assert v3.lint_embedded_endorsement(endorsement | change) == []
        assert v3.lint_endorsement(endorsement | change)

    def test_its_extension_types_need_its_own_context(self, badge, inside):
        """A context says what the words below it mean, not those beside it."""
        schema = {"id": "https://a.example/schema.json", "type": "1EdTechJsonSchemaValidator2019"}
        inside["credentialSchema"] = [schema]

        (problem,) = v3.lint(badge)
        assert problem.path == "credentialSubject.achievement.endorsement[0].@context"
        inside["@context"] = [*v3.CONTEXT, contexts.OPEN_BADGES_EXTENSIONS]
        assert v3.lint(badge) == []

    def test_arrays_are_house_rules_for_strangers_alone(self, endorsement):
        """JSON-LD makes no difference; the strict schema does, and our badge must pass it."""
        endorsement["credentialSubject"]["type"] = "EndorsementSubject"

        assert v3.lint_received_endorsement(endorsement) == []
        assert {p.rule for p in v3.lint_embedded_endorsement(endorsement)} == {Rule.ARRAY}


def test_the_other_name_of_the_class(badge):
    """AchievementCredential is the same class."""
    badge["type"] = ["VerifiableCredential", "AchievementCredential"]
    assert v3.lint(badge) == []

    for types in (["VerifiableCredential"], ["OpenBadgeCredential"], ["VerifiableCredential", 5]):
        assert rules(v3.lint_received(badge | {"type": types}), "type") == {Rule.TYPE}


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        (lambda s: s["result"][0].update(achievedLevel="urn:x"), "result[0].achievedLevel", Rule.REFERENCE),
        (lambda s: s["result"][1].update(achievedLevel=s["result"][0]["achievedLevel"]),
         "result[1].achievedLevel", Rule.REFERENCE),
        (lambda s: s["result"][0].update(resultDescription="urn:x"), "result[0].resultDescription", Rule.REFERENCE),
        (lambda s: s["result"][2].pop("status"), "result[2].status", Rule.REFERENCE),
        (lambda s: s["achievement"].pop("resultDescription"), "result[0].achievedLevel", Rule.REFERENCE),
        (lambda s: s["achievement"]["resultDescription"][0].update(requiredLevel="urn:x"),
         "achievement.resultDescription[0].requiredLevel", Rule.REFERENCE),
        (lambda s: s["achievement"]["resultDescription"][0].pop("rubricCriterionLevel"),
         "achievement.resultDescription[0].rubricCriterionLevel", Rule.REFERENCE),
        (lambda s: s["achievement"].update(criteria={"name": "x"}), "achievement.criteria", Rule.REQUIRED),
        (lambda s: (s.pop("id"), s.pop("identifier")), "", Rule.RECIPIENT),
        (lambda s: s["identifier"][0].update(hashed=True), "identifier[0].identityHash", Rule.NOTATION),
        (lambda s: s["identifier"][1].update(hashed=False), "identifier[1].identityHash", Rule.NOTATION),
        (lambda s: s["identifier"][1].update(identityHash="sha256$00"), "identifier[1].identityHash", Rule.NOTATION),
    ],
)  # fmt: skip
def test_what_members_say_together(badge, change, path, rule):
    """A level that nobody defined is a strength that nobody can look up."""
    change(badge["credentialSubject"])
    place = f"credentialSubject.{path}".removesuffix(".")

    assert rule in rules(v3.lint(badge), place)


def test_a_result_without_description_may_name_any_level(badge):
    """The standard does not require the link."""
    del badge["credentialSubject"]["result"][0]["resultDescription"]

    assert v3.lint(badge) == []


def test_recipient_by_id_or_by_identifier(badge):
    """One of them is enough."""
    subject = badge["credentialSubject"]
    identifiers = subject.pop("identifier")
    assert v3.lint(badge) == []

    del subject["id"]
    subject["identifier"] = identifiers
    assert v3.lint(badge) == []


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"statusListIndex": "05"}, "credentialStatus.statusListIndex", Rule.KIND),
        ({"statusListIndex": "abc"}, "credentialStatus.statusListIndex", Rule.KIND),
        ({"statusListIndex": 23}, "credentialStatus.statusListIndex", Rule.NOTATION),
        ({"id": "https://badges.example/status/1"}, "credentialStatus.id", Rule.KIND),
    ],
)
def test_status_entries(badge, change, path, rule):
    """Text that is an index, and an id that is not the list's."""
    badge["credentialStatus"] |= change

    assert rules(v3.lint(badge), path) == {rule}


def test_other_status_methods_are_looked_at_elsewhere(badge):
    """Whether a method is understood is a question of status, not of structure."""
    badge["credentialStatus"] = {"type": "StatusList2021Entry"}

    assert v3.lint(badge) == []


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (5.5, Rule.FRACTION),
        ("a\x00b", Rule.CHARACTERS),
        ("a\x85b", Rule.CHARACTERS),
        ("a\ud800b", Rule.CHARACTERS),
    ],
)
def test_values_that_software_writes_differently(badge, value, rule):
    """D5, D6: numbers with fractions, control characters."""
    badge["credentialSubject"]["achievement"]["extra"] = value
    place = "credentialSubject.achievement.extra"

    assert rules(v3.lint(badge), place) == {rule}
    assert v3.lint_received(badge) == []


def test_lines_and_tabs_are_no_control_characters(badge):
    """Markdown is written with them."""
    badge["credentialSubject"]["narrative"] = "one\ntwo\r\n\tthree"

    assert v3.lint(badge) == []


def test_instants_are_whole_seconds_of_utc(badge):
    """Others may write offsets and fractions; ours must equal the claims of a JWT."""
    for value in ("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00.5Z"):
        badge["validFrom"] = value
        assert rules(v3.lint(badge), "validFrom") == {Rule.WHOLE_SECONDS}
        assert v3.lint_received(badge) == []


def test_the_end_is_not_before_the_beginning(badge, revocations):
    """For badges and lists alike."""
    badge["validUntil"] = "2026-11-23T08:59:59Z"
    revocations["validUntil"] = "2026-11-23T08:59:59Z"

    assert rules(v3.lint_received(badge), "validUntil") == {Rule.ORDER}
    assert rules(v3.lint_status_list(revocations), "validUntil") == {Rule.ORDER}


@pytest.mark.parametrize("name", ["name", "description", "image", "awardedDate"])
def test_what_is_displayed(badge, name):
    """The standard leaves it out, and every page that shows badges needs it."""
    del badge[name]

    assert rules(v3.lint(badge), name) == {Rule.DISPLAY}
    assert v3.lint_received(badge) == []


@pytest.mark.parametrize("name", ["name", "url"])
def test_what_is_displayed_of_the_issuer(badge, name):
    """Validators warn without it."""
    del badge["issuer"][name]

    assert Rule.DISPLAY in rules(v3.lint(badge), f"issuer.{name}")


def test_the_issuer_is_an_object(badge):
    """A bare id passes the schema and fails the public validator."""
    badge["issuer"] = badge["issuer"]["id"]

    assert rules(v3.lint_received(badge), "issuer") == {Rule.KIND}
    assert Rule.KIND in rules(v3.lint(badge), "issuer")


class TestLookAlikes:
    """Nodes without id that a canonicalizer cannot tell apart at first sight."""

    @pytest.mark.parametrize("number", [0, 1])
    def test_twins(self, badge, number):
        """Two results that differ only by what hangs below them."""
        first, second = badge["credentialSubject"]["result"][:2]
        for result in (first, second):
            result.clear()
            result["type"] = ["Result"]
            result["alignment"] = [{"type": ["Alignment"], "targetName": "a", "targetUrl": "urn:a"}]
        second["alignment"][0]["targetName"] = "b" if number else "a"

        assert Rule.LOOK_ALIKE in rules(v3.lint(badge), "credentialSubject.result[1]")
        assert Rule.LOOK_ALIKE not in {p.rule for p in v3.lint_received(badge)}

    def test_an_id_or_another_value_tells_them_apart(self, badge):
        """Either is enough."""
        alignments = badge["credentialSubject"]["achievement"]["alignment"]
        alignments[:] = [copy.deepcopy(alignments[0]), copy.deepcopy(alignments[0])]
        assert {p.rule for p in v3.lint(badge)} == {Rule.LOOK_ALIKE}

        alignments[1]["targetCode"] = "4.1.1"
        assert v3.lint(badge) == []
        alignments[1]["targetCode"] = alignments[0]["targetCode"]
        alignments[1]["id"] = "urn:uuid:0a40bd31-9b0f-4a2a-a4f2-3f0a4a0a4a0c"
        assert v3.lint(badge) == []


def test_the_list_must_be_readable(revocations):
    """A list that cannot be inflated hides every revocation."""
    revocations["credentialSubject"]["encodedList"] = "uAAAA"

    problems = v3.lint_status_list(revocations)

    assert rules(problems, "credentialSubject.encodedList") == {Rule.KIND}
    revocations["@context"].append(contexts.OPEN_BADGES_V3)
    assert rules(v3.lint_status_list(revocations), "@context") == {Rule.EXACT_CONTEXT}


@pytest.mark.parametrize("subject", ["x", None, []])
def test_documents_of_any_shape_are_judged(badge, revocations, subject):
    """A lint that stumbles lets a stranger choose when it stumbles."""
    for lint, document in [(v3.lint, badge), (v3.lint_status_list, revocations)]:
        assert lint(document | {"credentialSubject": subject})
        assert lint({})
    badge["credentialSubject"]["achievement"] = subject
    badge["credentialSubject"]["result"] = [5, {"type": ["Result"], "resultDescription": {}}]
    assert v3.lint(badge)


def test_problems_are_sentences(badge):
    """Path, rule and words; readable in a log."""
    badge["issuer"] = {"type": ["Profile"]}

    (problem,) = v3.lint_received(badge)

    assert (problem.path, problem.rule) == ("issuer.id", Rule.REQUIRED)
    assert str(problem) == "issuer.id: missing in Profile"
    assert str(v3.Problem("", Rule.TYPE, "odd")) == "document: odd"


def test_house_rules_are_rules():
    """The table names what exists."""
    assert set(Rule) > HOUSE_RULES


class TestFixturesOfOthers:
    """1EdTech's samples for its validator: conformant ones pass, and each error is found."""

    @pytest.mark.parametrize(
        "name", ["simple.json", "simple-multiple-proofs.json", "simple-err-expired.json",
                 "simple-err-proof-value.json",
                 "bit-string-list__credential-status-revoked-blank-nodes.json"]
    )  # fmt: skip
    def test_conformant(self, vectors, name):
        """Dates and proofs are questions for others."""
        document = json.loads((vectors / "ob3-1edtech" / name).read_bytes())

        assert v3.lint_received(document) == []

    def test_an_endorsement_of_the_dcc(self, vectors):
        """Conformant, with the contexts of its second suite and a schema."""
        name = "v2__bothSignatureTypes__didkey__legacy-noStatus-notExpired-endorsement-withSchema"
        document = json.loads((vectors / f"ob3-dcc/{name}.json").read_bytes())

        assert v3.lint_received_endorsement(document) == []
        assert v3.lint_received(document) != []

    @pytest.mark.parametrize(
        ("name", "path", "rule"),
        [
            ("simple-err-type", "type", Rule.TYPE),
            ("simple-err-issuer", "issuer", Rule.REQUIRED),
            ("simple-err-credential-subject-identifier-type",
             "credentialSubject.identifier[0].type", Rule.TYPE),
            ("simple-err-credential-subject-result-type",
             "credentialSubject.result[1].type", Rule.TYPE),
            ("simple-err-credential-subject-achievement-result-description-type",
             "credentialSubject.achievement.resultDescription[2].type", Rule.TYPE),
        ],
    )  # fmt: skip
    def test_errors(self, vectors, name, path, rule):
        """At the place that the name of the file says."""
        document = json.loads((vectors / f"ob3-1edtech/{name}.json").read_bytes())

        assert rule in rules(v3.lint_received(document), path)


def test_what_is_known_to_be_sound_is_no_excuse_for_what_looks_like_it(badge):
    """The achievement is judged by its text: 1 is a number, and true, which equals it, is none."""
    achievement = badge["credentialSubject"]["achievement"]
    achievement["creditsAvailable"] = 1
    assert v3.lint(badge) == []
    assert v3.lint(badge) == []

    achievement["creditsAvailable"] = True

    path = "credentialSubject.achievement.creditsAvailable"
    assert Rule.KIND in rules(v3.lint(badge), path)


def test_twins_of_what_is_known_to_be_sound(badge):
    """A node inside the achievement is looked at as if nobody had seen it before."""
    subject = badge["credentialSubject"]
    alignment = subject["achievement"]["alignment"][0]
    assert v3.lint(badge) == []

    subject["achievement"]["alignment"] = [alignment, dict(alignment)]

    assert Rule.LOOK_ALIKE in {problem.rule for problem in v3.lint(badge)}
