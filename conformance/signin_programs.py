"""MSAL, azure-identity and authlib fetch tokens from this server by client credentials, over TLS."""
# server: own
# needs: openssl

import sys

import msal
from authlib.integrations.requests_client import OAuth2Session
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential

from _signin import CA, Server, certificates, ringfence

SCOPE = "https://graph.microsoft.com/.default"


def fetch_by_msal(server, tenant, client, secret):
    """Both ways of telling MSAL where the authority is."""
    ways = [
        {"oidc_authority": f"{server.url}/{tenant}/v2.0"},
        {"authority": f"{server.url}/{tenant}", "instance_discovery": False},
    ]
    for way in ways:
        application = msal.ConfidentialClientApplication(client, client_credential=secret, **way)
        answer = application.acquire_token_for_client([SCOPE])
        assert "access_token" in answer, answer
        assert server.status(answer["access_token"]) == 200
        wrong = msal.ConfidentialClientApplication(client, client_credential="wrong", **way)
        refused = wrong.acquire_token_for_client([SCOPE])
        assert refused["error"] == "invalid_client", refused


def fetch_by_azure(server, tenant, client, secret):
    def credential(secret):
        return ClientSecretCredential(
            tenant, client, secret, authority=server.url, disable_instance_discovery=True,
            transport=RequestsTransport(connection_verify=str(CA)),
        )

    assert server.status(credential(secret).get_token(SCOPE).token) == 200
    try:
        credential("wrong").get_token(SCOPE)
        sys.exit("azure-identity took a wrong secret")
    except ClientAuthenticationError as error:
        assert "invalid_client" in str(error) or "client secret is wrong" in str(error), error


def fetch_by_authlib(server, tenant, client, secret):
    endpoint = f"{server.url}/{tenant}/oauth2/v2.0/token"
    for method in ["client_secret_post", "client_secret_basic"]:
        session = OAuth2Session(client, secret, token_endpoint_auth_method=method, scope=SCOPE)
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert server.status(token["access_token"]) == 200, method


certificates()
server = Server()
try:
    made = dict(
        line.split(" ", 1)
        for line in ringfence("program", "add", "import", "--scope", "DeviceManagementApps.ReadWrite.All").splitlines()
    )
    program = (made["tenantId"], made["clientId"], made["clientSecret"])
    fetch_by_msal(server, *program)
    fetch_by_azure(server, *program)
    fetch_by_authlib(server, *program)
    session = OAuth2Session(*program[1:], token_endpoint_auth_method="client_secret_post", scope=SCOPE)
    token = session.fetch_token(f"{server.url}/default/oauth2/v2.0/token", grant_type="client_credentials")
    ringfence("program", "remove", made["clientId"])
    assert server.status(token["access_token"]) == 401
finally:
    server.process.terminate()
print("MSAL, azure-identity and authlib: client credentials")
