"""msgraph-sdk (PyPI): the full cycle of a policy under v1.0, query options, odd ids, errors, wipe, batch."""

import asyncio
import datetime
import sys
import uuid

from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.device_app_management.ios_managed_app_protections.ios_managed_app_protections_request_builder import (
    IosManagedAppProtectionsRequestBuilder as Protections,
)
from msgraph.generated.models.android_managed_app_protection import AndroidManagedAppProtection
from msgraph.generated.models.group_assignment_target import GroupAssignmentTarget
from msgraph.generated.models.ios_managed_app_protection import IosManagedAppProtection
from msgraph.generated.models.ios_mobile_app_identifier import IosMobileAppIdentifier
from msgraph.generated.models.managed_app_data_transfer_level import ManagedAppDataTransferLevel
from msgraph.generated.models.managed_mobile_app import ManagedMobileApp
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.targeted_managed_app_policy_assignment import TargetedManagedAppPolicyAssignment
from msgraph.generated.users.item.wipe_managed_app_registrations_by_device_tag.wipe_managed_app_registrations_by_device_tag_post_request_body import (
    WipeManagedAppRegistrationsByDeviceTagPostRequestBody as WipeBody,
)
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem

from _common import TOKEN, URL, call, server_errors


class StaticToken(AccessTokenProvider):
    async def get_authorization_token(self, uri, additional_authentication_context=None):
        return TOKEN

    def get_allowed_hosts_validator(self):
        return AllowedHostsValidator([])


def connect():
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(StaticToken()))
    adapter.base_url = f"{URL}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    adapter.base_url = f"{URL}/v1.0"
    return client, adapter


def made(path, body):
    status, _, answer = call("POST", path, body)
    assert status == 201, (path, status, answer)
    return answer["id"]


def people():
    group = made("/v1.0/groups", {"displayName": "Staff", "mailEnabled": False, "mailNickname": "staff", "securityEnabled": True})
    user = made("/v1.0/users", {"accountEnabled": True, "displayName": "Kim", "mailNickname": "kim",
        "userPrincipalName": "kim@school.example",
        "passwordProfile": {"password": "correct horse battery", "forceChangePasswordNextSignIn": False}})
    status, _, answer = call("POST", f"/v1.0/groups/{group}/members/$ref",
        {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"})
    assert status == 204, answer
    return group, user


async def refused(what, status, code):
    """Awaits a call that must be refused, and checks how."""
    try:
        await what
    except ODataError as error:
        assert error.response_status_code == status, (error.response_status_code, error)
        assert error.error.code == code and error.error.message, error.error
        return error.error.message
    raise AssertionError(f"was not refused with {status}")


def app(bundle_id):
    one = ManagedMobileApp()
    one.mobile_app_identifier = IosMobileAppIdentifier()
    one.mobile_app_identifier.odata_type = "#microsoft.graph.iosMobileAppIdentifier"
    one.mobile_app_identifier.bundle_id = bundle_id
    return one


def assignment(group):
    one = TargetedManagedAppPolicyAssignment()
    one.target = GroupAssignmentTarget()
    one.target.odata_type = "#microsoft.graph.groupAssignmentTarget"
    one.target.group_id = group
    return one


async def cycle(client, group):
    """Create with apps and an assignment in one, read, change, assign, remove."""
    sets = client.device_app_management.ios_managed_app_protections
    policy = IosManagedAppProtection()
    policy.display_name = "A & B + c/ü"
    policy.pin_required = True
    policy.minimum_pin_length = 6
    policy.period_offline_before_access_check = datetime.timedelta(hours=12)
    policy.period_offline_before_wipe_is_enforced = datetime.timedelta(days=90)
    policy.allowed_outbound_data_transfer_destinations = ManagedAppDataTransferLevel.ManagedApps
    policy.apps = [app("com.example.mail"), app("com.example.notes")]
    created = await sets.post(policy)
    assert created.id.startswith("T_") and created.minimum_pin_length == 6, created.id
    item = sets.by_ios_managed_app_protection_id(created.id)

    read = await item.get()
    assert read.period_offline_before_access_check == datetime.timedelta(hours=12), read.period_offline_before_access_check
    assert read.period_offline_before_wipe_is_enforced == datetime.timedelta(days=90)
    assert read.allowed_outbound_data_transfer_destinations == ManagedAppDataTransferLevel.ManagedApps
    assert read.created_date_time and read.version
    apps = await item.apps.get()
    assert {one.mobile_app_identifier.bundle_id for one in apps.value} == {"com.example.mail", "com.example.notes"}
    one = await item.apps.by_managed_mobile_app_id(apps.value[0].id).get()
    assert one.id == apps.value[0].id

    await item.assignments.post(assignment(group))
    assigned = await item.assignments.get()
    assert [one.target.group_id for one in assigned.value] == [group]
    change = IosManagedAppProtection()
    change.display_name = "Renamed"
    await item.patch(change)
    assert (await item.get()).display_name == "Renamed"

    # What was parsed goes back as it is.
    read = await item.get()
    await item.patch(read)
    again = await item.get()
    assert again.minimum_pin_length == 6 and again.period_offline_before_access_check == datetime.timedelta(hours=12)
    await item.delete()
    await refused(item.get(), 404, "ResourceNotFound")


async def queries(client):
    sets = client.device_app_management.ios_managed_app_protections
    names = ["A & B + c/ü", "Alpha", "Beta", "O'Neil"]
    for name in names:
        policy = IosManagedAppProtection()
        policy.display_name = name
        policy.apps = [app("com.example.mail")]
        await sets.post(policy)

    def configured(**options):
        parameters = Protections.IosManagedAppProtectionsRequestBuilderGetQueryParameters(**options)
        return RequestConfiguration(query_parameters=parameters)

    for name in names:
        quoted = name.replace("'", "''")
        found = await sets.get(configured(filter=f"displayName eq '{quoted}'", count=True))
        assert [one.display_name for one in found.value] == [name] and found.odata_count == 1, (name, found.value)
    page = await sets.get(configured(
        orderby=["displayName desc"], top=2, skip=1, select=["id", "displayName"], expand=["apps", "assignments"], count=True))
    assert [one.display_name for one in page.value] == ["Beta", "Alpha"] and page.odata_count == 4, page.value
    assert page.value[0].apps[0].mobile_app_identifier.bundle_id == "com.example.mail"
    assert page.value[0].minimum_pin_length is None
    last = await sets.with_url(page.odata_next_link).get()
    assert [one.display_name for one in last.value] == ["A & B + c/ü"] and last.odata_next_link is None
    found = await sets.get(configured(search='"displayName:alp"'))
    assert [one.display_name for one in found.value] == ["Alpha"]
    # The SDK has no builder for it here: plain text, not JSON.
    request = RequestInformation(Method.GET, "{+baseurl}/deviceAppManagement/iosManagedAppProtections/$count", {})
    request.headers.try_add("Accept", "text/plain;q=0.9")
    count = await client.request_adapter.send_primitive_async(request, "int", {})
    assert count == 4, count
    message = await refused(sets.get(configured(filter="displayName like 'x'")), 400, "BadRequest")
    assert "position 13" in message, message
    message = await refused(sets.get(configured(expand=["colour"])), 400, "BadRequest")
    assert "colour" in message and "assignments" in message, message
    for odd in ("T_does not/exist", "ä'", "a?b#c", "%", str(uuid.uuid4())):
        await refused(sets.by_ios_managed_app_protection_id(odd).get(), 404, "ResourceNotFound")
    await refused(client.users.by_user_id("nobody").get(), 404, "Request_ResourceNotFound")


async def lists(client, user):
    management = client.device_app_management
    policies = await management.managed_app_policies.get()
    assert all(isinstance(one, IosManagedAppProtection) for one in policies.value) and policies.value
    android = AndroidManagedAppProtection()
    android.display_name = "Android"
    made = await management.android_managed_app_protections.post(android)
    assert made.id.startswith("T_")
    policies = await management.managed_app_policies.get()
    assert any(isinstance(one, AndroidManagedAppProtection) for one in policies.value)
    assert (await management.targeted_managed_app_configurations.get()).value == []
    assert (await management.managed_app_registrations.get()).value == []
    flagged = await management.managed_app_registrations.get_user_ids_with_flagged_app_registration.get()
    assert flagged.value == []
    assert (await client.users.by_user_id(user).managed_app_registrations.get()).value == []
    body = WipeBody()
    body.device_tag = "tag-1"
    await refused(client.users.by_user_id(user).wipe_managed_app_registrations_by_device_tag.post(body), 404, "Request_ResourceNotFound")


async def batch(client, adapter, user):
    first = client.users.by_user_id(user).to_get_request_information()
    second = client.device_app_management.managed_app_policies.to_get_request_information()
    third = client.users.by_user_id("nobody").to_get_request_information()
    items = [BatchRequestItem(adapter and one, str(number)) for number, one in enumerate((first, second, third), 1)]
    content = BatchRequestContent({item.id: item for item in items})
    answer = await BatchRequestBuilder(adapter).post(content)
    statuses = {one: answer.get_response_by_id(one).status for one in ("1", "2", "3")}
    assert statuses == {"1": 200, "2": 200, "3": 404}, statuses


async def main():
    client, adapter = connect()
    group, user = people()
    await cycle(client, group)
    await queries(client)
    await batch(client, adapter, user)
    await lists(client, user)


asyncio.run(main())
if server_errors():
    print("\n".join(server_errors()[:20]))
    sys.exit(1)
print("msgraph-sdk: a policy's life, query options, odd ids, refusals, lists, wipe and batch under v1.0")
