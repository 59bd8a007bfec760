"""The call patterns of public importers, on every published policy there is reference data for: what each of them
removes from an export, where it posts the rest, and what must read back equal."""

import codecs
import json
import sys

from _common import call, reference_data, server_errors

SETS = {
    "iosManagedAppProtection": "iosManagedAppProtections",
    "androidManagedAppProtection": "androidManagedAppProtections",
    "windowsManagedAppProtection": "windowsManagedAppProtections",
    "targetedManagedAppConfiguration": "targetedManagedAppConfigurations",
    "windowsInformationProtectionPolicy": "windowsInformationProtectionPolicies",
    "mdmWindowsInformationProtectionPolicy": "mdmWindowsInformationProtectionPolicies",
}
FOLDERS = {"ios": "iosManagedAppProtection", "android": "androidManagedAppProtection",
    "appconfig": "targetedManagedAppConfiguration"}
STAMPS = {"id", "createdDateTime", "lastModifiedDateTime", "version"}
READ_ONLY = STAMPS | {"isAssigned", "deployedAppCount", "apps", "assignments", "deploymentSummary"}
ROOT = "/beta/deviceAppManagement"


def decoded(raw):
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark):
            return raw.decode(name)
    return raw.decode("utf-8", "replace")


def documents(folder):
    for path in sorted(folder.rglob("*.json")):
        try:
            document = json.loads(decoded(path.read_bytes()))
        except ValueError:
            continue
        if not isinstance(document, dict) or isinstance(document.get("value"), list):
            continue
        kind = str(document.get("@odata.type", "")).rsplit(".", 1)[-1] or FOLDERS.get(path.parent.name, "")
        if kind in SETS:
            yield path, kind, document


def without(document, names):
    return {name: value for name, value in document.items() if name not in names}


# Each answers the path to post to, the body, and apps to send afterwards.
def raw(kind, document):
    return SETS[kind], document, None


def by_type(kind, document):
    return "managedAppPolicies", without(document, STAMPS), None


def samples(kind, document):
    if document.get("appGroupType") != "selectedPublicApps":
        return SETS[kind], without(document, {"apps"}), None
    return SETS[kind], without(document, STAMPS | {"deployedAppCount"}), None


def apps_after(kind, document):
    body = without(document, STAMPS | {"assignments", "apps", "apps@odata.context"})
    return SETS[kind], body, document.get("apps")


def stripped(kind, document):
    body = {name: value for name, value in without(document, READ_ONLY | {"targetedAppManagementLevels"}).items()
        if "@odata." not in name and not name.startswith("#")}
    body["@odata.type"] = f"#microsoft.graph.{kind}"
    body["description"] = (document.get("description") or "") + " - imported"
    return SETS[kind], body, None


def length(text):
    """Seconds of a duration, None for any other text."""
    rest, total, number = text.removeprefix("P"), 0, ""
    if rest == text or not rest:
        return None
    units, late = {"D": 86400}, {"H": 3600, "M": 60, "S": 1}
    for c in rest:
        if c == "T":
            units = late
        elif c.isdigit() or c == ".":
            number += c
        elif c in units and number:
            total, number = total + float(number) * units[c], ""
        else:
            return None
    return total


def same(a, b):
    if isinstance(a, str) and isinstance(b, str) and length(a) is not None:
        return length(a) == length(b)
    return a == b


def differences(sent, read):
    checked = {name: value for name, value in sent.items()
        if value is not None and name not in READ_ONLY and "@" not in name and not name.startswith("#")}
    return [name for name, value in checked.items() if not same(value, read.get(name))]


def check(importer, found):
    created = 0
    for path, kind, document in found:
        place, body, apps = importer(kind, document)
        status, _, answer = call("POST", f"{ROOT}/{place}", body)
        assert status == 201, (importer.__name__, path, status, answer)
        own = f"{ROOT}/{SETS[kind]}"
        if apps:
            chosen = {"apps": apps, "appGroupType": document.get("appGroupType")}
            done, _, text = call("POST", f"{own}/{answer['id']}/targetApps", chosen)
            assert done == 204, (path, done, text)
        status, _, read = call("GET", f"{own}('{answer['id']}')/?$expand=apps,assignments")
        assert status == 200, (path, read)
        assert not differences(body, read), (importer.__name__, path, differences(body, read))
        if apps:
            wanted = sorted(json.dumps(one["mobileAppIdentifier"], sort_keys=True).lower() for one in apps)
            there = sorted(json.dumps(one["mobileAppIdentifier"], sort_keys=True).lower() for one in read["apps"])
            assert len(set(there)) == len(set(wanted)), (path, wanted, there)
        call("DELETE", f"{own}/{answer['id']}")
        created += 1
    print(f"{importer.__name__}: {created} created and read back")
    return created


def check_untyped(found):
    """Without a type nothing says what a document is."""
    path, _, document = found[0]
    bare = without(document, {"@odata.type", "@odata.context"})
    status, _, answer = call("POST", f"{ROOT}/managedAppPolicies", bare)
    assert status == 400 and "@odata.type" in answer["error"]["message"], (path, status, answer)


found = list(documents(reference_data() / "policies"))
assert len(found) > 50, len(found)
check_untyped(found)
total = sum(check(importer, found) for importer in (raw, by_type, samples, apps_after, stripped))
if server_errors():
    sys.exit("\n".join(server_errors()[:20]))
print(f"importers: {len(found)} published policies in five manners, {total} imports read back equal")
