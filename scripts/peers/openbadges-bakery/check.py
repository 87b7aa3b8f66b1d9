"""openbadges-bakery of Concentric Sky, which Badgr uses: what does it take out of an image?

It verifies nothing. Accepted means that it finds the badge of Open Badges 2.0 that is in the image;
of a hosted badge in a drawing, it returns the address alone.
"""

import io
import json

import offline
from openbadges_bakery import unbake


def judge(sample: dict[str, str], content: bytes) -> str | None:
    """Return why what was taken out is not what was put in."""
    found, carried = unbake(io.BytesIO(content)), sample["carried"]
    address = json.loads(carried)["id"] if carried.startswith("{") else None
    return None if found in (carried, address) else f"took out {str(found)[:60]}"


offline.run(judge)
