"""Keycloak (from its Maven distribution): tokens of programs, administrators in a browser, a person on a phone, signing out."""
# server: own
# needs: openssl
# needs: java

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import zipfile

import requests

from _signin import WORK, Server, certificates, free_port, person, ringfence, sign_in_phone, skip, visit

VERSION = "26.0.8"
SECRET = "web-secret-0123456789abcdef"
DAEMON = "daemon-secret-0123456789abcdef"
START_SECONDS = 300


def distribution():
    """The unpacked distribution; ends the script when it cannot be had here."""
    if not shutil.which("mvn"):
        skip("Keycloak: no mvn to fetch its distribution with")
    artifact = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    fetch = ["mvn", "-q", "-B", "dependency:get", f"-Dartifact={artifact}", "-Dtransitive=false"]
    if subprocess.run(fetch, capture_output=True, check=False).returncode != 0:
        skip(f"Keycloak: {artifact} cannot be fetched")
    folder = pathlib.Path.home() / ".m2/repository/org/keycloak/keycloak-quarkus-dist" / VERSION
    with zipfile.ZipFile(folder / f"keycloak-quarkus-dist-{VERSION}.zip") as packed:
        packed.extractall(WORK)
    return WORK / f"keycloak-{VERSION}"


def mapper(kind, name, **config):
    flags = {"access.token.claim": "true", "id.token.claim": "true"}
    return {"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": flags | config}


def realm(server):
    audience = mapper("oidc-audience-mapper", "audience", **{"included.custom.audience": "urn:ringfence"})
    roles = mapper(
        "oidc-usermodel-realm-role-mapper", "roles",
        **{"claim.name": "roles", "multivalued": "true", "jsonType.label": "String"},
    )
    pkce = {"pkce.code.challenge.method": "S256"}

    def user(login, roles):
        return {
            "username": f"{login}@school.example", "email": f"{login}@school.example", "emailVerified": True,
            "enabled": True, "firstName": login.title(), "lastName": "Example", "realmRoles": roles,
            "credentials": [{"type": "password", "value": f"password of {login}@school.example"}],
        }

    return {
        "realm": "school", "enabled": True,
        "roles": {"realm": [{"name": "mam-admin"}]},
        "clients": [
            {"clientId": "web", "secret": SECRET, "redirectUris": [f"{server.url}/auth/oidc/keycloak/callback"],
             "protocolMappers": [roles],
             "attributes": pkce | {"post.logout.redirect.uris": f"{server.url}/auth/login"}},
            {"clientId": "native", "publicClient": True, "redirectUris": ["http://127.0.0.1/signed-in"],
             "attributes": pkce},
            {"clientId": "daemon", "secret": DAEMON, "serviceAccountsEnabled": True, "standardFlowEnabled": False,
             "protocolMappers": [audience, roles]},
        ],
        "users": [
            user("alice", ["mam-admin"]), user("bob", []), user("kim", []),
            {"username": "service-account-daemon", "enabled": True, "serviceAccountClientId": "daemon",
             "realmRoles": ["mam-admin"]},
        ],
    }


def start(home, port, server):
    folder = home / "data" / "import"
    folder.mkdir(parents=True)
    (folder / "school-realm.json").write_text(json.dumps(realm(server)))
    command = [
        "sh", str(home / "bin" / "kc.sh"), "start-dev", "--import-realm", "--http-host", "127.0.0.1",
        "--http-port", str(port), "--cache", "local",
    ]
    log = (WORK / "keycloak.log").open("w")
    environment = os.environ | {"JAVA_OPTS_APPEND": "-Xmx768m"}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
    issuer = f"http://127.0.0.1:{port}/realms/school"
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            skip(f"Keycloak ended with {process.returncode}: {(WORK / 'keycloak.log').read_text()[-300:]}")
        try:
            if requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).ok:
                return process, issuer
        except requests.RequestException:
            pass
        time.sleep(0.5)
    stop(process)
    skip(f"Keycloak did not start within {START_SECONDS} seconds")


def stop(process):
    os.killpg(process.pid, 15)
    process.wait(30)


def programs(server, issuer):
    form = {"grant_type": "client_credentials", "client_id": "daemon", "client_secret": DAEMON}
    token = requests.post(f"{issuer}/protocol/openid-connect/token", data=form, timeout=30).json()["access_token"]
    assert server.status(token) == 200
    assert server.call("GET", "/api/v1/whoami", token=token, expected=200)["roles"] == ["owner"]


def administrators(server, issuer):
    begin = f"{server.url}/auth/oidc/keycloak/login"
    back = f"{server.url}/auth/oidc/keycloak/callback"
    alice = requests.Session()
    landed = alice.get(visit(alice, begin, "alice@school.example", back), timeout=30)
    assert landed.status_code == 200 and "Alice" in landed.text, landed.text
    session = alice.get(f"{server.url}/auth/session", timeout=30).json()
    assert session["roles"] == ["owner"], session
    form = {"csrf": session["csrfToken"]}
    out = alice.post(f"{server.url}/auth/logout", data=form, allow_redirects=False, timeout=30).headers["location"]
    assert out.startswith(f"{issuer}/protocol/openid-connect/logout?") and "id_token_hint=" in out, out
    assert alice.get(f"{server.url}/v1.0/users", timeout=30).status_code == 401
    gone = visit(alice, out, "alice@school.example", f"{server.url}/auth/login")
    assert isinstance(gone, str), gone.text
    bob = requests.Session()
    refused = bob.get(visit(bob, begin, "bob@school.example", back), timeout=30)
    assert refused.status_code == 403 and "signin-no-role" in refused.text, refused.text


home = distribution()
certificates()
server = Server()
process = None
try:
    process, issuer = start(home, free_port(), server)
    (WORK / "secret").write_text(SECRET)
    ringfence(
        "provider", "add", "keycloak", "--issuer", issuer, "--audience", "urn:ringfence", "--client-id", "web",
        "--client-secret-file", str(WORK / "secret"), "--native-client-id", "native",
        "--role", "roles=mam-admin:owner", "--scopes-optional",
    )
    ringfence("provider", "test", "keycloak")
    person(server, "kim")
    policy = {
        "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Everybody",
        "apps": [{"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.example.mail"}}],
    }
    server.call("POST", "/v1.0/deviceAppManagement/iosManagedAppProtections", policy, expected=201)
    programs(server, issuer)
    administrators(server, issuer)
    status = json.loads(sign_in_phone("keycloak", "kim@school.example", "phone", expected=0))["status"]
    assert status["userPrincipalName"] == "kim@school.example" and status["instance"], status
finally:
    server.process.terminate()
    if process and process.poll() is None:
        stop(process)
print("Keycloak: programs, administrators, a phone and signing out")
sys.exit(0)
