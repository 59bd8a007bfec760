"""schemathesis, on the published schema of Graph's app protection: no answer may be a server error."""

import pathlib
import re
import subprocess
import sys

from _common import TOKEN, URL, reference_data, server_errors

SECONDS = 60

schema = reference_data() / "graph" / "openapi-mam-v1.json"
program = pathlib.Path(sys.executable).with_name("schemathesis")
command = [
    program, "run", schema, "--url", f"{URL}/v1.0", "--header", f"Authorization: Bearer {TOKEN}",
    "--phases", "examples,coverage,fuzzing", "--checks", "not_a_server_error", "--max-examples", "3",
    "--max-time", str(SECONDS), "--seed", "1", "--continue-on-failure", "--no-color",
]
run = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
shown = run.stdout.replace(TOKEN, "…")
print(shown)
print(run.stderr.replace(TOKEN, "…"))
# 501 is an answer by design; every other 5xx is a fault.
faults = [int(status) for status in re.findall(r"^\s*\[(5\d\d)\]", shown, re.MULTILINE)]
tested = re.search(r"([\d,]+) generated", shown)
logged = server_errors()
if not tested or any(status != 501 for status in faults) or logged:
    print("\n".join(logged[:20]))
    print(f"server errors: {sorted(set(faults))}, {len(logged)} in its log")
    sys.exit(1)
print(f"{tested.group(1)} requests generated from the schema, no server error")
