"""What the sign-in scripts share: certificates, a server with TLS, a browser that fills in forms."""

import html
import json
import os
import pathlib
import re
import select
import socket
import subprocess
import sys
import time
import urllib.parse

import requests

from _common import SKIPPED, skip

BIN = os.environ["RINGFENCE_BIN"]
WORK = pathlib.Path(os.environ["RINGFENCE_WORK"])
CA = WORK / "ca.pem"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], cwd=WORK, check=True, capture_output=True)


def certificates():
    """`ca.pem`, `server.pem`, `server.key` for 127.0.0.1."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=conformance CA")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (WORK / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-out", "server.pem", "-days", "2", "-extfile", "names",
    )
    os.environ["REQUESTS_CA_BUNDLE"] = str(CA)
    os.environ["SSL_CERT_FILE"] = str(CA)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process, seconds=60):
    """Waits until something answers; ends the script when the process ends first."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            sys.exit(f"{process.args[0]} ended with {process.returncode} before it answered")
        try:
            requests.get(url, timeout=5)
            return
        except requests.RequestException:
            select.select([], [], [], 0.1)
    sys.exit(f"{url} did not answer within {seconds} seconds")


def ringfence(*arguments, given=None, expected=0):
    """Runs the command and answers what it printed."""
    done = subprocess.run([BIN, *arguments], input=given, text=True, capture_output=True, check=False)
    if expected is not None and done.returncode != expected:
        sys.exit(f"ringfence {' '.join(arguments[:3])} ended with {done.returncode}: {done.stderr}{done.stdout}")
    return done.stdout


class Server:
    """A server with TLS and a global administrator's token."""

    def __init__(self):
        port = free_port()
        self.url = f"https://127.0.0.1:{port}"
        data = str(WORK / "data")
        tls = ["--tls-cert", str(WORK / "server.pem"), "--tls-key", str(WORK / "server.key")]
        log = (WORK / "server.log").open("w")
        serve = [BIN, "serve", "--data", data, "--listen", f"127.0.0.1:{port}", *tls]
        self.process = subprocess.Popen(serve, stdout=log, stderr=log)
        wait_for(f"{self.url}/readyz", self.process)
        token = ["token", "create", "--data", data, "--role", "global-administrator", "--name", "conformance"]
        self.token = ringfence(*token).strip()
        os.environ.update(RINGFENCE_SERVER=self.url, RINGFENCE_CA=str(CA), RINGFENCE_TOKEN=self.token)

    def call(self, method, path, body=None, token=None, expected=None):
        """One request; answers the body, parsed when it is JSON."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=30)
        if expected is not None and answer.status_code != expected:
            sys.exit(f"{method} {path} answered {answer.status_code} instead of {expected}: {answer.text}")
        return answer.json() if answer.text else None

    def ask(self, token):
        path = "/v1.0/deviceAppManagement/iosManagedAppProtections"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(self.url + path, headers=headers, timeout=30)

    def status(self, token):
        return self.ask(token).status_code

    def challenge(self, token):
        """Why a token is refused."""
        return self.ask(token).headers.get("WWW-Authenticate", "")


def trust_loopback(session, answer):
    """A browser sends cookies that are for TLS to loopback addresses without TLS too."""
    if answer.url.startswith("http://127.0.0.1:"):
        for cookie in session.cookies:
            if not cookie.name.startswith("__Host-"):
                cookie.secure = False


def visit(session, url, login, stop, limit=30):
    """Follows redirections and fills in forms for `login`, until an address begins with `stop` or no form is left."""
    answer = session.get(url, allow_redirects=False, timeout=30)
    for _ in range(limit):
        trust_loopback(session, answer)
        if answer.is_redirect:
            target = urllib.parse.urljoin(answer.url, answer.headers["location"])
            if target.startswith(stop):
                return target
            answer = session.get(target, allow_redirects=False, timeout=30)
            continue
        form = re.search(r"<form[^>]*action=\"([^\"]+)\"", answer.text)
        if not answer.ok or not form:
            return answer
        fields = {}
        for tag in re.findall(r"<(?:input|button)[^>]*>", answer.text):
            name = re.search(r"name=\"([^\"]*)\"", tag)
            value = re.search(r"value=\"([^\"]*)\"", tag)
            kind = re.search(r"type=\"([^\"]*)\"", tag)
            if name and (not kind or kind.group(1) != "checkbox"):
                fields[name.group(1)] = html.unescape(value.group(1)) if value else ""
        for name in fields:
            if name in ("login", "username"):
                fields[name] = login
            if name == "password":
                fields[name] = f"password of {login}"
        answer = session.post(
            urllib.parse.urljoin(answer.url, html.unescape(form.group(1))), data=fields, allow_redirects=False, timeout=30
        )
    sys.exit(f"{url}: the sign-in does not end")


def person(server, name, licensed=True):
    """Somebody in the directory."""
    body = {
        "userPrincipalName": f"{name}@school.example", "displayName": name.title(), "accountEnabled": True,
        "mailNickname": name, "passwordProfile": {"password": "a password nobody uses"},
    }
    made = server.call("POST", "/v1.0/users", body, expected=201)
    if licensed:
        ringfence("licence", "assign", f"{name}@school.example")
    return made["id"]


def browser_command(login):
    """A program that signs `login` in at the address it is given, as a person would in a browser."""
    path = WORK / f"browser-{login}"
    here = pathlib.Path(__file__).parent
    path.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        f"sys.path.insert(0, {str(here)!r})\n"
        f"os.environ.update(RINGFENCE_BIN={BIN!r}, RINGFENCE_WORK={str(WORK)!r}, REQUESTS_CA_BUNDLE={str(CA)!r})\n"
        "import requests\n"
        "from _signin import visit\n"
        "session = requests.Session()\n"
        f"back = visit(session, sys.argv[1], {login!r}, 'http://127.0.0.1:')\n"
        "requests.get(back, timeout=30)\n"
    )
    path.chmod(0o755)
    return str(path)


def sign_in_phone(provider, login, name, expected):
    """A new phone whose mail app signs in at the provider; answers what the command printed."""
    folder = str(WORK / name)
    ringfence("phone", "make", folder, "--platform", "ios", "--ca-cert", str(CA))
    ringfence("phone", "install", folder, "com.example.mail")
    return ringfence(
        "phone", "sign-in", folder, "com.example.mail", "--provider", provider,
        "--browser-command", browser_command(login), "--json", expected=expected,
    )


__all__ = [
    "BIN", "CA", "SKIPPED", "WORK", "Server", "certificates", "free_port", "json", "person", "ringfence",
    "sign_in_phone", "skip", "subprocess", "visit", "wait_for",
]
