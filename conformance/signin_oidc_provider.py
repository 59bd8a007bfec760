"""oidc-provider (npm): tokens of programs, administrators in a browser, a person on a phone, new keys, signing out."""
# server: own
# needs: openssl

import json
import pathlib
import subprocess
import sys
import urllib.parse

import msal
import requests
from authlib.integrations.requests_client import OAuth2Session

from _signin import CA, WORK, Server, certificates, free_port, person, ringfence, sign_in_phone, visit, wait_for

HERE = pathlib.Path(__file__).parent
DAEMON = ("daemon", "daemon-secret-0123456789abcdef0123456789ab")
SCOPE = "DeviceManagementApps.ReadWrite.All"


class Provider:
    def __init__(self, server):
        port = free_port()
        self.issuer = f"https://127.0.0.1:{port}/op"
        redirect = f"{server.url}/auth/oidc/school/callback"
        command = ["node", str(HERE / "_oidc_provider.mjs"), str(port), str(WORK), redirect, f"{server.url}/auth/login"]
        log = (WORK / "provider.log").open("w")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        self.wait_for("ready")
        wait_for(f"{self.issuer}/.well-known/openid-configuration", self.process)

    def renew_keys(self):
        self.process.stdin.write("renew\n")
        self.process.stdin.flush()
        self.wait_for("renewed")

    def wait_for(self, word):
        """Reads until the word comes; the library says things of its own."""
        for line in self.process.stdout:
            if line.startswith(word):
                return
        sys.exit(f"the provider ended before it said `{word}`")


def programs(server, provider):
    """MSAL and authlib fetch tokens from the provider; this server takes them."""
    session = OAuth2Session(*DAEMON, token_endpoint_auth_method="client_secret_post", scope=SCOPE)
    token = session.fetch_token(f"{provider.issuer}/token", grant_type="client_credentials")["access_token"]
    assert server.status(token) == 200
    application = msal.ConfidentialClientApplication(
        DAEMON[0], client_credential=DAEMON[1], oidc_authority=provider.issuer
    )
    answer = application.acquire_token_for_client([SCOPE])
    assert server.status(answer["access_token"]) == 200, answer
    who = server.call("GET", "/api/v1/whoami", token=token, expected=200)
    assert who["id"] == "program:school:daemon", who
    server.call("GET", "/api/v1/tokens", token=token, expected=403)
    assert server.status(token[:-6] + "AAAAAA") == 401
    return token


def refused_programs(server, provider):
    """Tokens of the same provider that are for somebody else, or for something else, open nothing."""
    session = OAuth2Session(*DAEMON, token_endpoint_auth_method="client_secret_post", scope=SCOPE)
    endpoint = f"{provider.issuer}/token"
    elsewhere = session.fetch_token(endpoint, grant_type="client_credentials", resource="urn:somebody-else")
    assert server.status(elsewhere["access_token"]) == 401
    assert "another audience" in server.challenge(elsewhere["access_token"])
    other = OAuth2Session(*DAEMON, token_endpoint_auth_method="client_secret_post", scope="Mail.Read")
    mail = other.fetch_token(endpoint, grant_type="client_credentials")["access_token"]
    assert server.status(mail) == 403
    application = msal.ConfidentialClientApplication(
        DAEMON[0], client_credential="wrong", oidc_authority=provider.issuer
    )
    assert application.acquire_token_for_client([SCOPE])["error"] == "invalid_client"


def people_with_programs(server, provider):
    """authlib and MSAL sign alice in with code and PKCE; her token opens what her roles and its scopes both allow."""
    # Access tokens of this provider name nobody but the subject, so the directory must know who that is.
    person(server, "alice", licensed=False)
    role = {"user": "alice@school.example", "role": "contributor"}
    server.call("POST", "/api/v1/role-assignments", role, expected=201)
    browser = requests.Session()
    callback = f"{server.url}/auth/oidc/school/callback"
    browser.get(visit(browser, f"{server.url}/auth/oidc/school/login", "alice", callback), timeout=30)

    redirect = "http://localhost/signed-in"
    code_session = OAuth2Session(
        "script", scope=f"openid {SCOPE}", redirect_uri=redirect, code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    verifier = "a-verifier-of-more-than-forty-three-characters-0123"
    target, state = code_session.create_authorization_url(f"{provider.issuer}/auth", code_verifier=verifier)
    back = visit(requests.Session(), target, "alice", redirect)
    token = code_session.fetch_token(
        f"{provider.issuer}/token", authorization_response=back, code_verifier=verifier, state=state
    )
    judge_person(server, token["access_token"])
    assert server.status(token["id_token"]) == 401, "an identity token is not an access token"

    application = msal.PublicClientApplication("script", oidc_authority=provider.issuer)
    flow = application.initiate_auth_code_flow([SCOPE], redirect_uri=redirect)
    assert "code_challenge" in flow["auth_uri"], flow["auth_uri"]
    back = visit(requests.Session(), flow["auth_uri"], "alice", redirect)
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    token = application.acquire_token_by_auth_code_flow(flow, answer)
    assert "access_token" in token, token
    judge_person(server, token["access_token"])


def judge_person(server, token):
    """An access token of oidc-provider says who, but not in which groups: the directory gives alice her role."""
    assert server.status(token) == 200, server.challenge(token)
    who = server.call("GET", "/api/v1/whoami", token=token, expected=200)
    assert who["roles"] == ["contributor"], who
    server.call("GET", "/api/v1/tokens", token=token, expected=403)


def roll_over(server, provider, old):
    """A new key is found at once, and the old one counts no longer."""
    assert server.status(old) == 200
    provider.renew_keys()
    session = OAuth2Session(*DAEMON, token_endpoint_auth_method="client_secret_post", scope=SCOPE)
    new = session.fetch_token(f"{provider.issuer}/token", grant_type="client_credentials")["access_token"]
    # The server asks for keys at most once in ten seconds.
    ringfence("provider", "test", "school")
    for _ in range(30):
        if server.status(new) == 200:
            break
        subprocess.run(["sleep", "1"], check=True)
    assert server.status(new) == 200
    assert server.status(old) == 401


def administrators(server, provider):
    """alice has a role by her group, bob has none; answers count once; signing out ends both sessions."""
    start = f"{server.url}/auth/oidc/school/login"
    alice = requests.Session()
    callback = visit(alice, start, "alice", f"{server.url}/auth/oidc/school/callback")
    assert f"iss={urllib.parse.quote(provider.issuer, safe='')}" in callback, callback
    landed = alice.get(callback, timeout=30)
    assert landed.status_code == 200 and "Alice" in landed.text, landed.text
    cookie = next(cookie for cookie in alice.cookies if cookie.name == "__Host-ringfence")
    assert cookie.secure and cookie.path == "/" and "HttpOnly" in cookie._rest
    assert alice.get(f"{server.url}/v1.0/users", timeout=30).status_code == 200
    assert alice.get(callback, timeout=30).status_code == 401, "an answer counted twice"

    session = alice.get(f"{server.url}/auth/session", timeout=30).json()
    assert session["roles"] == ["owner"], session
    out = alice.post(f"{server.url}/auth/logout", data={"csrf": session["csrfToken"]}, allow_redirects=False, timeout=30)
    target = out.headers["location"]
    assert target.startswith(f"{provider.issuer}/session/end?") and "id_token_hint=" in target, target
    assert alice.get(f"{server.url}/v1.0/users", timeout=30).status_code == 401
    back = visit(alice, target, "alice", f"{server.url}/auth/login")
    assert back.startswith(f"{server.url}/auth/login"), back

    bob = requests.Session()
    callback = visit(bob, start, "bob", f"{server.url}/auth/oidc/school/callback")
    refused = bob.get(callback, timeout=30)
    assert refused.status_code == 403 and "signin-no-role" in refused.text, refused.text


def phones(server, user):
    """kim registers an app without ever typing a password into it; a disabled account does not."""
    printed = sign_in_phone("school", "kim", "phone-1", expected=0)
    status = json.loads(printed)["status"]
    assert status["userPrincipalName"] == "kim@school.example" and status["instance"], printed
    server.call("PATCH", f"/v1.0/users/{user}", {"accountEnabled": False}, expected=204)
    refused = json.loads(sign_in_phone("school", "kim", "phone-2", expected=None))
    assert refused["status"]["instance"] is None and refused["result"] == "refused", refused


certificates()
server = Server()
provider = Provider(server)
try:
    (WORK / "secret").write_text("web-secret-0123456789abcdef0123456789abcdef")
    ringfence(
        "provider", "add", "school", "--display-name", "School", "--issuer", provider.issuer,
        "--audience", "urn:ringfence", "--client-id", "web", "--client-secret-file", str(WORK / "secret"),
        "--native-client-id", "native", "--role", "groups=Admins:owner", "--provider-ca", str(CA),
    )
    ringfence("provider", "test", "school")
    user = person(server, "kim")
    policy = {
        "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Everybody",
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.mail"}}],
    }
    server.call("POST", "/v1.0/deviceAppManagement/iosManagedAppProtections", policy, expected=201)
    token = programs(server, provider)
    refused_programs(server, provider)
    administrators(server, provider)
    phones(server, user)
    people_with_programs(server, provider)
    roll_over(server, provider, token)
finally:
    provider.process.terminate()
    server.process.terminate()
print("oidc-provider: programs, people with MSAL and authlib, administrators, a phone, key roll-over and signing out")
sys.exit(0)
