"""What the Python scripts share: where the server is, plain HTTP, and how a script ends."""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

SKIPPED = 77

URL = os.environ.get("RINGFENCE_URL", "")
TOKEN = os.environ.get("RINGFENCE_TOKEN", "")
WORK = pathlib.Path(os.environ.get("RINGFENCE_WORK", "."))


def skip(why):
    """Ends the script: it could not run here."""
    print(why)
    sys.exit(SKIPPED)


def reference_data():
    """The folder of published reference data; ends the script when there is none."""
    folder = os.environ.get("RINGFENCE_REFERENCE_DATA")
    if not folder:
        skip("no reference data: set RINGFENCE_REFERENCE_DATA")
    return pathlib.Path(folder)


def call(method, path, body=None, token=TOKEN, headers=None):
    """One request; answers status, headers and the body, parsed when it is JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if data is not None:
        request.add_header("Content-Type", "application/json")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, answered, raw = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, answered, raw = error.code, error.headers, error.read()
    try:
        return status, answered, json.loads(raw)
    except ValueError:
        return status, answered, raw


def server_errors():
    """The lines of the server's log that tell of a failure of its own."""
    log = WORK / "server.log"
    return [line for line in log.read_text(errors="replace").splitlines() if " ERROR " in line]
