"""What is attached to a PDF: some wallets and schools send a certificate with its credential inside.

The pages are not read: whatever they show, only what an attachment proves counts.
Source: ISO 32000-2, section 7.11.4 (embedded file streams), the name tree of the document.
"""

from __future__ import annotations

import io
import logging

from badgeservice.errors import Unreadable
from badgeservice.verification.codes import Code

BEGINNING = b"%PDF-"

MAXIMUM_ATTACHMENTS = 20
MAXIMUM_UNPACKED_BYTES = 4_194_304
"""Of one stream of the file: twice what a badge may take, and little beside the memory there is."""


def attachments(data: bytes) -> list[bytes]:
    """Return what each attachment of the PDF `data` holds, in the order of the document.

    Raises `Unreadable` with `BAD_PDF` for what is damaged, encrypted or beyond the bounds above.
    """
    import pypdf  # a tenth of a second that nobody needs who has no PDF

    # Its warnings quote what was submitted.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    most = MAXIMUM_UNPACKED_BYTES
    found: list[bytes] = []
    try:
        with pypdf.apply_configuration(
            maximum_declared_stream_length=most,
            array_based_stream_maximum_output_length=most,
            lzw_maximum_output_length=most,
            run_length_maximum_output_length=most,
            zlib_maximum_output_length=most,
            brotli_maximum_output_length=most,
            jbig2dec_binary=None,  # no other program is started for an image
            disable_legacy_handling=True,
        ):
            reader = pypdf.PdfReader(io.BytesIO(data))
            for attachment in reader.attachment_list:
                if len(found) == MAXIMUM_ATTACHMENTS:
                    break
                found.append(bytes(attachment.content))
            else:
                return found
    except Exception as error:  # of every kind, for a PDF can be wrong in any way
        raise Unreadable(f"PDF: {type(error).__name__}", code=Code.BAD_PDF) from None
    raise Unreadable(f"PDF: more than {MAXIMUM_ATTACHMENTS} attachments", code=Code.BAD_PDF)
