"""A PDF: what is attached counts, and what its pages show does not."""

from __future__ import annotations

import contextlib
import io
import logging

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject, NumberObject

from badgeservice.errors import Unreadable
from badgeservice.openbadges.bakery import Version, png
from badgeservice.verification import pdf
from badgeservice.verification.codes import Code
from badgeservice.verification.submission import MAXIMUM_BYTES, Kind, Submission, recognise
from tests.verification.test_submission import ADDRESS, ASSERTION, BADGE, DOCUMENT, IMAGE, TOKEN


def pdf_with(*attached: bytes, password: str = "") -> bytes:
    """A PDF of one empty page, with these attachments."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    for number, content in enumerate(attached):
        writer.add_attachment(f"attachment-{number}", content)
    if password:
        writer.encrypt(password)
    return written(writer)


def packed(content: bytes, *attached: bytes) -> bytes:
    """A PDF with an attachment that is packed, and others that are not."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    for number, other in enumerate(attached):
        writer.add_attachment(f"a-{number}", other)
    file = writer.add_attachment("packed", b"").pdf_object["/EF"]
    stream = DecodedStreamObject()
    stream.set_data(content)
    file[NameObject("/F")] = writer._add_object(stream.flate_encode())
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    """The bytes of a PDF."""
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def code_of(data: bytes) -> str:
    """Why `data` is not read."""
    with pytest.raises(Unreadable) as raised:
        recognise(data)
    return str(raised.value.code)


@pytest.mark.parametrize(
    ("attached", "expected"),
    [
        ([BADGE], Submission(Kind.PDF, BADGE.decode(), DOCUMENT)),
        ([TOKEN.encode()], Submission(Kind.PDF, TOKEN)),
        ([png.bake(IMAGE, TOKEN)], Submission(Kind.PDF, TOKEN)),
        ([b"<Invoice/>", b"notes", IMAGE, BADGE], Submission(Kind.PDF, BADGE.decode(), DOCUMENT)),
    ],
    ids=["JSON", "JWT", "PNG", "among others"],
)
def test_the_attached_badge_is_what_counts(attached, expected):
    """However it is written, and whatever else is attached."""
    assert expected == recognise(pdf_with(*attached))


def test_a_large_attachment_does_not_matter():
    """A film beside the badge is no badge."""
    document = packed(b"x" * (MAXIMUM_BYTES + 1), TOKEN.encode())

    assert Submission(Kind.PDF, TOKEN) == recognise(document)
    assert Code.PDF_WITHOUT_BADGE == code_of(packed(b"x" * (MAXIMUM_BYTES + 1)))


@pytest.mark.parametrize(
    ("attached", "code"),
    [
        ([], Code.PDF_WITHOUT_BADGE),
        ([b"<Invoice/>", b"", b"notes", b"\xff\xfe", IMAGE], Code.PDF_WITHOUT_BADGE),
        ([b"https://badges.example/b/1"], Code.PDF_WITHOUT_BADGE),
        ([png.bake(IMAGE, ADDRESS, version=Version.V2)], Code.PDF_WITHOUT_BADGE),
        ([BADGE, BADGE], Code.AMBIGUOUS_PDF),
        ([BADGE, ASSERTION.encode()], Code.AMBIGUOUS_PDF),
        ([BADGE, b'{"proof": 1, "proof": 2}'], Code.DUPLICATE_KEY),
        ([IMAGE[:-4], BADGE], Code.BAD_IMAGE),
        ([pdf_with(BADGE)], Code.PDF_WITHOUT_BADGE),
        ([b"notes"] * (pdf.MAXIMUM_ATTACHMENTS + 1), Code.BAD_PDF),
    ],
    ids=[
        *("nothing", "other things", "an address", "the address of an old badge", "twice"),
        *("two", "one sound, one not", "a damaged image", "a PDF in a PDF", "too many"),
    ],
)
def test_what_nobody_can_tell_is_not_guessed(attached, code):
    """Other software may show another of the attachments than we read."""
    assert code == code_of(pdf_with(*attached))


class TestAttacks:
    """A PDF can be wrong in any way."""

    def test_encrypted(self):
        """Nobody is asked for a password."""
        assert Code.BAD_PDF == code_of(pdf_with(BADGE, password="secret"))

    def test_cut_off(self):
        """Wherever it ends, it is read or refused."""
        whole = pdf_with(BADGE)
        for end in range(8, len(whole), 97):
            with contextlib.suppress(Unreadable):
                assert DOCUMENT == recognise(whole[:end]).document

    def test_a_bomb(self):
        """What unpacks to more than a badge may take stops there."""
        bomb = packed(b"\0" * 40_000_000)

        assert len(bomb) < 100_000
        assert Code.BAD_PDF == code_of(bomb)

    def test_attachments_that_are_their_own_children(self):
        """A name tree that leads back to itself ends."""
        writer = PdfWriter()
        writer.add_blank_page(width=200, height=200)
        writer.add_attachment("badge", BADGE)
        names = writer.root_object["/Names"]["/EmbeddedFiles"].get_object()
        own = writer._add_object(names)
        names[NameObject("/Kids")] = ArrayObject([own, own])
        writer.root_object["/Names"][NameObject("/EmbeddedFiles")] = own

        with pytest.raises(Unreadable):
            recognise(written(writer))

    def test_an_attachment_that_is_no_stream(self):
        """A number in the place of a file."""
        writer = PdfWriter()
        writer.add_blank_page(width=200, height=200)
        attached = writer.add_attachment("badge", BADGE)
        attached.pdf_object["/EF"][NameObject("/F")] = NumberObject(7)

        assert Code.BAD_PDF == code_of(written(writer))

    def test_what_was_submitted_is_in_no_log(self, caplog):
        """The library's own warnings quote it."""
        with caplog.at_level(logging.DEBUG):
            code_of(b"%PDF-1.7 secret-of-somebody")

        assert "secret" not in caplog.text
