"""schemathesis, on the server's own description of its administration API: no answer may be a server error."""

import pathlib
import re
import subprocess
import sys

from _common import TOKEN, URL, server_errors

SECONDS = 60

program = pathlib.Path(sys.executable).with_name("schemathesis")
command = [
    str(program), "run", f"{URL}/api/v1/openapi.json", "--url", URL, "--header", f"Authorization: Bearer {TOKEN}",
    "--phases", "examples,coverage,fuzzing", "--checks", "not_a_server_error", "--max-examples", "5",
    "--max-time", str(SECONDS), "--seed", "1", "--continue-on-failure", "--no-color",
    # Ends the token that the run itself uses.
    "--exclude-path", "/api/v1/tokens/{id}",
]
run = subprocess.run(command, capture_output=True, text=True, check=False)
shown = run.stdout.replace(TOKEN, "…")
print(shown)
print(run.stderr.replace(TOKEN, "…"))
faults = re.findall(r"^\s*\[(5\d\d)\]", shown, re.MULTILINE)
tested = re.search(r"([\d,]+) generated", shown)
logged = server_errors()
if not tested or faults or logged:
    print("\n".join(logged[:20]))
    print(f"server errors: {sorted(set(faults))}, {len(logged)} in its log")
    sys.exit(1)
print(f"{tested.group(1)} requests generated from the description, no server error")
