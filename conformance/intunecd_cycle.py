"""IntuneCD (PyPI): backup, an edited and a new file sent back with assignments, removal of what is not in the backup."""

import json
import pathlib
import subprocess
import sys

from IntuneCD.run_backup import get_parser as backup_parser
from IntuneCD.run_update import get_parser as update_parser

from _common import TOKEN, URL, WORK, call, server_errors

KEPT = {"AppProtection", "assignments"}
SET = "/beta/deviceAppManagement"

# The program writes to one host only and waits long before it tries again; both are changed from outside.
SHIM = """
import sys, time, requests
sent, wait = requests.request, time.sleep
def request(method, url, **options):
    return sent(method, url.replace("https://graph.microsoft.com", ROOT), **options)
requests.request = requests.api.request = request
time.sleep = lambda seconds: wait(min(seconds, 0.2))
sys.argv = ["IntuneCD", *ARGUMENTS]
from IntuneCD.run_MODE import start
start()
"""


def choices(parser):
    return next(action.choices for action in parser._actions if action.dest == "exclude")


def run(mode, parser, *more):
    excluded = [name for name in choices(parser(include_help=False)) if name not in KEPT]
    arguments = ["-m", "1", "-t", TOKEN, "-p", str(WORK / "backup"), *more, "-e", *excluded]
    program = SHIM.replace("ROOT", repr(URL)).replace("ARGUMENTS", repr(arguments)).replace("MODE", mode)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    text = done.stdout + done.stderr
    if done.returncode or "Traceback" in text or "error" in text.lower():
        print(text[-4000:])
        sys.exit(f"IntuneCD {mode} ended with {done.returncode}")
    return text


def made(path, body):
    status, _, answer = call("POST", path, body)
    assert status == 201, (path, status, answer)
    return answer


def policies():
    status, _, answer = call("GET", f"{SET}/managedAppPolicies?$orderby=displayName")
    assert status == 200, answer
    return {one["displayName"]: one for one in answer["value"]}


def files():
    folder = pathlib.Path(WORK / "backup" / "App Protection")
    return {json.loads(path.read_text())["displayName"]: path for path in folder.glob("*.json")}


def assigned(policy):
    kind = policy["@odata.type"].rsplit(".", 1)[1]
    _, _, answer = call("GET", f"{SET}/{kind}s/{policy['id']}/assignments")
    return [one["target"]["groupId"] for one in answer["value"]]


group = made("/v1.0/groups", {"displayName": "MAM Pilot", "mailEnabled": False, "mailNickname": "p", "securityEnabled": True})["id"]
target = {"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}
ios = {"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.mail"}}
android = {"mobileAppIdentifier": {"@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": "com.example.mail"}}
made(f"{SET}/iosManagedAppProtections", {"displayName": "iOS", "minimumPinLength": 4, "apps": [ios], "assignments": [target]})
made(f"{SET}/androidManagedAppProtections", {"displayName": "Android", "minimumPinLength": 4, "apps": [android], "assignments": [target]})
made(f"{SET}/iosManagedAppProtections", {"displayName": "Unassigned", "apps": [ios]})

run("backup", backup_parser)
found = files()
assert set(found) == {"iOS", "Android", "Unassigned"}, found
saved = json.loads(found["iOS"].read_text())
assert saved["minimumPinLength"] == 4 and saved["@odata.type"] == "#microsoft.graph.iosManagedAppProtection", saved
assert saved["assignments"][0]["target"]["groupName"] == "MAM Pilot", saved["assignments"]

# Nothing was changed: nothing is sent.
before = policies()
run("update", update_parser, "-u")
assert {name: one["version"] for name, one in policies().items()} == {name: one["version"] for name, one in before.items()}

saved["minimumPinLength"] = 8
saved["periodOfflineBeforeAccessCheck"] = "PT6H"
found["iOS"].write_text(json.dumps(saved))
new = json.loads(found["Android"].read_text())
new["displayName"] = "Brand new"
new_file = found["Android"].with_name("Brand new_androidManagedAppProtection.json")
new_file.write_text(json.dumps(new))
run("update", update_parser, "-u")
after = policies()
assert set(after) == {"iOS", "Android", "Unassigned", "Brand new"}, set(after)
assert (after["iOS"]["minimumPinLength"], after["iOS"]["periodOfflineBeforeAccessCheck"]) == (8, "PT6H")
assert after["iOS"]["id"] == before["iOS"]["id"]
assert assigned(after["Brand new"]) == [group] == assigned(after["iOS"])
assert after["Brand new"]["@odata.type"] == "#microsoft.graph.androidManagedAppProtection"

new_file.unlink()
run("update", update_parser, "-u", "--remove")
assert set(policies()) == {"iOS", "Android", "Unassigned"}, set(policies())
if server_errors():
    sys.exit("\n".join(server_errors()[:20]))
print("IntuneCD: backup, edit, create, assign, remove")
