"""The strict 1EdTech JSON Schema of AchievementCredential (2019-09), with format assertions.

It sees structure only: the JSON form as it is, the JWT's payload. It never sees a signature.
"""

import base64
import json
import re
from pathlib import Path

import offline
from jsonschema import Draft201909Validator, FormatChecker

FORMATS = FormatChecker()
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """Say whether a value is text in the form of RFC 3339; the library leaves this to others."""
    return not isinstance(value, str) or RFC_3339.fullmatch(value) is not None


VALIDATOR = Draft201909Validator(
    json.loads(Path(offline.TASK["schema"]).read_text()),
    format_checker=FORMATS,
)


def judge(sample: dict[str, str], content: bytes) -> str | None:
    """Return the first violation, None when there is none."""
    text = content.decode()
    if sample["format"] != "eddsa-rdfc-2022":
        payload = text.split(".")[1]
        text = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).decode()
    violations = sorted(VALIDATOR.iter_errors(json.loads(text)), key=lambda v: v.json_path)
    return f"{violations[0].json_path}: {violations[0].message[:200]}" if violations else None


offline.run(judge)
