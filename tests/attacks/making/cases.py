"""What a case of the corpus is, and what can be expected of a verifier."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.attacks.making.issuers import LIST, NOW, World, dumps, world

SCHOOL_HOST, LIST_HOST, MALLORY_HOST = "school.example", "status.example", "mallory.example"
BOTH = (SCHOOL_HOST, LIST_HOST)
assert LIST_HOST in LIST


@dataclass(frozen=True)
class Expect:
    """What has to be found, on the axes that say how, and the code that says why.

    `code` is that of the first finding that is no pass; `issuer` is empty where it does not matter.
    """

    verdict: str
    integrity: str
    status: str
    code: str
    issuer: str = ""


def unreadable(code: str) -> Expect:
    """Nothing that could be judged was submitted."""
    return Expect("unreadable", "invalid", "unknown", code)


def invalid(code: str, status: str = "unknown") -> Expect:
    """The issuer did not write this, or not so; `status` if it could be asked all the same."""
    return Expect("red", "invalid", status, code)


def undecided(code: str) -> Expect:
    """Whether the issuer wrote this cannot be known."""
    return Expect("amber", "indeterminate", "unknown", code)


def status_unknown(code: str) -> Expect:
    """The issuer wrote this, and whether it is in force cannot be known."""
    return Expect("amber", "valid", "unknown", code)


def not_in_force(status: str) -> Expect:
    """The issuer wrote this, and it is not in force."""
    return Expect("red", "valid", status, status)


@dataclass(frozen=True)
class Case:
    """One attack: what is submitted, in which world, and what has to come of it.

    `mutation` says what was done to which base. `hosts` are all that may be asked. `world` is None
    for the common world of the class.
    """

    group: str
    name: str
    base: str
    mutation: str
    expect: Expect
    data: bytes
    kind: str = "json"
    hosts: tuple[str, ...] = ()
    world: World | None = None
    at: str = NOW
    entry: str = "file"
    max_ms: int = 2500
    reference: str = ""


@dataclass
class Group:
    """A class of attacks under way: collects its cases, and names what they share."""

    name: str
    minimum: int
    base: str
    hosts: tuple[str, ...] = ()
    kind: str = "json"
    cases: list[Case] = field(default_factory=list)
    shortfall: str = ""

    def add(
        self,
        name: str,
        mutation: str,
        expect: Expect,
        data: object,
        *,
        base: str = "",
        hosts: tuple[str, ...] | None = None,
        kind: str = "",
        world: World | None = None,
        **facts: object,
    ) -> None:
        """Add one case; a document is written as JSON, text as UTF-8."""
        if isinstance(data, str):
            data = data.encode()
        elif not isinstance(data, bytes):
            data = dumps(data)
        assert isinstance(data, bytes)
        self.cases.append(
            Case(
                group=self.name,
                name=name,
                base=base or self.base,
                mutation=mutation,
                expect=expect,
                data=data,
                kind=kind or self.kind,
                hosts=self.hosts if hosts is None else hosts,
                world=world,
                **facts,  # type: ignore[arg-type]  # at, entry, max_ms, reference
            )
        )


COMMON = world()
"""The world of every case that does not change it."""
