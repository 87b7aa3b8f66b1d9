"""Exit 0 when the web process at `BIND` answers that it is well; for containers and their like."""

import os
import sys
from http.client import HTTPConnection, HTTPException

host, _, port = os.environ.get("BIND", "127.0.0.1:8000").rpartition(":")
connection = HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, int(port), timeout=4)
try:
    connection.request("GET", "/healthz")
    well = connection.getresponse().status == 200
except (OSError, HTTPException):
    well = False
sys.exit(not well)
