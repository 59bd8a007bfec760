// server: own
// needs: openssl
// @azure/msal-node (npm) fetches tokens from this server by client credentials, over TLS.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import path from "node:path";

const work = process.env.RINGFENCE_WORK;
const file = (name) => path.join(work, name);

function certificates() {
  const run = (...args) => execFileSync("openssl", args, { stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run("req", "-x509", ...curve, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2", "-subj", "/CN=conformance CA");
  run("req", ...curve, "-keyout", file("server.key"), "-out", file("server.csr"), "-subj", "/CN=127.0.0.1");
  writeFileSync(file("server.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n");
  run("x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial",
    "-out", file("server.pem"), "-days", "2", "-extfile", file("server.ext"));
}

async function start(data) {
  const tls = ["--tls-cert", file("server.pem"), "--tls-key", file("server.key")];
  const server = spawn(process.env.RINGFENCE_BIN, ["serve", "--listen", "127.0.0.1:0", "--data", data, ...tls],
    { stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/listens on (\S+)/);
    if (found) return { server, url: found[1] };
  }
  throw new Error("the server did not start");
}

async function fetchTokens(url, admin) {
  const require = createRequire(path.join(process.env.NODE_PATH.split(path.delimiter)[0], "x.js"));
  const { ConfidentialClientApplication } = require("@azure/msal-node");
  const call = (token, method, where, body) => fetch(url + where, {
    method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: body && JSON.stringify(body),
  });
  const made = await (await call(admin, "POST", "/api/v1/programs", {
    name: "msal-node", scopes: ["DeviceManagementApps.ReadWrite.All"],
  })).json();
  const application = (clientSecret) => new ConfidentialClientApplication({
    auth: {
      clientId: made.clientId, clientSecret, authority: `${url}/${made.tenantId}/v2.0`,
      knownAuthorities: [new URL(url).host], protocolMode: "OIDC",
    },
  });
  const asked = { scopes: ["https://graph.microsoft.com/.default"] };
  const { accessToken } = await application(made.clientSecret).acquireTokenByClientCredential(asked);
  const list = "/v1.0/deviceAppManagement/iosManagedAppProtections";
  assert.equal((await call(accessToken, "GET", list)).status, 200);
  assert.equal((await call(accessToken, "GET", "/api/v1/tokens")).status, 403);
  await assert.rejects(application("wrong").acquireTokenByClientCredential(asked), /invalid_client/);
  assert.equal((await call(admin, "DELETE", `/api/v1/programs/${made.clientId}`)).status, 204);
  const refused = await call(accessToken, "GET", list);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get("www-authenticate"), /error="invalid_token"/);
}

// Certificate authorities are read when node starts: this script starts itself again with the new one.
if (!process.env.CONFORMANCE_INNER) {
  certificates();
  const environment = { ...process.env, CONFORMANCE_INNER: "1", NODE_EXTRA_CA_CERTS: file("ca.pem") };
  execFileSync(process.execPath, [process.argv[1]], { env: environment, stdio: "inherit" });
} else {
  const data = file("data");
  const { server, url } = await start(data);
  try {
    const make = ["token", "create", "--data", data, "--role", "global-administrator", "--name", "conformance"];
    await fetchTokens(url, execFileSync(process.env.RINGFENCE_BIN, make, { encoding: "utf8" }).trim());
  } finally {
    server.kill();
  }
  console.log("msal-node: client credentials");
}
