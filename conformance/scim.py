"""scim2-tester and scim2-client against `/scim/v2`, with a provisioning token made for them."""

import sys
import urllib.parse

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest
from scim2_tester import Status, check_server

from _common import URL, call, server_errors

CHECKS_MIN = 80

status, _, made = call("POST", "/api/v1/tokens", {"name": "conformance", "scim": True, "days": 1})
assert status == 201, (status, made)
headers = {"Authorization": f"Bearer {made['token']}"}


def connect():
    http = Client(base_url=f"{URL}/scim/v2", headers=headers, timeout=60)
    return SyncSCIMClient(http, check_response_content_type=True)


def check_compliance():
    """Answers how many checks there were; ends the script when one found an error."""
    results = check_server(connect())
    counts = {}
    for result in results:
        counts[result.status] = counts.get(result.status, 0) + 1
        if result.status not in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE):
            print(result.status.name, result.title, result.resource_type or "", result.reason, result.data)
    bad = counts.get(Status.ERROR, 0) + counts.get(Status.CRITICAL, 0)
    print({status.name: count for status, count in counts.items()})
    if bad or len(results) < CHECKS_MIN:
        print(f"scim2-tester: {bad} errors in {len(results)} checks")
        sys.exit(1)
    return len(results)


def check_client():
    """The calls of an ordinary client: discover, make, find, change, page, remove."""
    client = connect()
    client.discover()
    User, Group = client.get_resource_model("User"), client.get_resource_model("Group")
    people = [client.create(User(user_name=f"person{n}@school.example", active=True)) for n in range(5)]
    group = client.create(Group(display_name="Teachers", members=[{"value": person.id} for person in people[:3]]))
    assert {member.value for member in group.members} == {person.id for person in people[:3]}

    found = client.query(User, query_parameters=SearchRequest(filter='userName eq "PERSON3@school.example"'))
    assert [person.id for person in found.resources] == [people[3].id], found
    page = client.query(User, query_parameters=SearchRequest(start_index=2, count=2))
    assert (page.total_results, len(page.resources)) == (5, 2), page

    off = PatchOp[User](operations=[PatchOperation(op="replace", path="active", value=False)])
    changed = client.modify(User, people[0].id, off)
    assert changed.active is False, changed
    client.delete(User, people[1].id)
    left = client.query(Group, group.id)
    assert {member.value for member in left.members} == {people[0].id, people[2].id}
    # The client refuses to send these, so they go by hand.
    for broken in ("userName eq", 'userName zz "x"', 'nothing eq "x"', "(userName pr"):
        path = "/scim/v2/Users?" + urllib.parse.urlencode({"filter": broken})
        status, _, error = call("GET", path, token=made["token"])
        assert (status, error["scimType"]) == (400, "invalidFilter"), (broken, error)
        assert "character" in error["detail"], (broken, error)


count = check_compliance()
check_client()
if server_errors():
    print("\n".join(server_errors()[:20]))
    sys.exit(1)
print(f"scim2-tester: {count} checks without an error; scim2-client: an ordinary client's calls")
