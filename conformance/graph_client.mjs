// server: own
// needs: openssl
// @microsoft/microsoft-graph-client (npm) over https: the life of a policy, a filter with reserved characters, batch.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import path from "node:path";

const work = process.env.RINGFENCE_WORK;
const bin = process.env.RINGFENCE_BIN;

function certificates() {
  const file = (name) => path.join(work, name);
  const run = (...args) => execFileSync("openssl", args, { stdio: "ignore" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run("req", "-x509", ...curve, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2", "-subj", "/CN=conformance CA");
  run("req", ...curve, "-keyout", file("server.key"), "-out", file("server.csr"), "-subj", "/CN=127.0.0.1");
  writeFileSync(file("server.ext"), "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n");
  run("x509", "-req", "-in", file("server.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial",
    "-out", file("server.pem"), "-days", "2", "-extfile", file("server.ext"));
  return { ca: file("ca.pem"), cert: file("server.pem"), key: file("server.key") };
}

async function start(files, data) {
  const server = spawn(bin, ["serve", "--listen", "127.0.0.1:0", "--data", data, "--tls-cert", files.cert, "--tls-key", files.key],
    { stdio: ["ignore", "pipe", "ignore"] });
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) {
    const found = line.match(/listens on (\S+)/);
    if (found) return { server, url: found[1] };
  }
  throw new Error("the server did not start");
}

// Certificate authorities are read when node starts: this script starts itself again with the new one.
if (!process.env.CONFORMANCE_INNER) {
  const files = certificates();
  const data = path.join(work, "own-data");
  const { server, url } = await start(files, data);
  try {
    const token = execFileSync(bin, ["token", "create", "--role", "global-administrator", "--name", "conformance", "--data", data])
      .toString().trim();
    const env = { ...process.env, CONFORMANCE_INNER: "1", NODE_EXTRA_CA_CERTS: files.ca, RINGFENCE_URL: url, RINGFENCE_TOKEN: token };
    execFileSync(process.execPath, [process.argv[1]], { stdio: "inherit", env });
  } finally {
    server.kill();
  }
  process.exit(0);
}

const require = createRequire(path.join(process.env.NODE_PATH, "x.js"));
const { Client, BatchRequestContent, BatchResponseContent } = require("@microsoft/microsoft-graph-client");
const url = process.env.RINGFENCE_URL;
const client = Client.init({
  baseUrl: `${url}/`,
  defaultVersion: "v1.0",
  customHosts: new Set([new URL(url).hostname]),
  authProvider: (done) => done(null, process.env.RINGFENCE_TOKEN),
});
const set = "/deviceAppManagement/androidManagedAppProtections";
const identifier = (packageId) => ({
  mobileAppIdentifier: { "@odata.type": "#microsoft.graph.androidMobileAppIdentifier", packageId },
});

const group = await client.api("/groups").post({ displayName: "Staff", mailEnabled: false, mailNickname: "s", securityEnabled: true });
const made = await client.api(set).post({
  "@odata.type": "#microsoft.graph.androidManagedAppProtection",
  displayName: "A B ü", minimumPinLength: 6, periodOfflineBeforeAccessCheck: "PT720M", apps: [identifier("com.example.mail")],
});
assert.equal(made.periodOfflineBeforeAccessCheck, "PT12H");
await client.api(`${set}/${made.id}/targetApps`)
  .post({ apps: [identifier("com.example.notes")], appGroupType: "selectedPublicApps" });
await client.api(`${set}/${made.id}/assign`)
  .post({ assignments: [{ target: { "@odata.type": "#microsoft.graph.groupAssignmentTarget", groupId: group.id } }] });
const read = await client.api(`${set}('${made.id}')`).expand("apps,assignments").get();
assert.deepEqual(read.apps.map((app) => app.mobileAppIdentifier.packageId), ["com.example.notes"]);
assert.deepEqual(read.assignments.map((one) => one.target.groupId), [group.id]);

const found = await client.api(set).expand("apps").select("id,displayName").filter("displayName eq 'A B ü'").top(5).count(true)
  .header("ConsistencyLevel", "eventual").get();
assert.equal(found["@odata.count"], 1);
assert.equal(found.value[0].id, made.id);
assert.equal(found.value[0].minimumPinLength, undefined);

await client.api(`${set}/${made.id}`).patch({ "@odata.type": "#microsoft.graph.androidManagedAppProtection", displayName: "renamed" });
const content = new BatchRequestContent([
  { id: "1", request: new Request(`${url}/v1.0${set}`, { method: "GET" }) },
  { id: "2", request: new Request(`${url}/v1.0${set}/${made.id}`, { method: "GET" }) },
  { id: "3", request: new Request(`${url}/v1.0/users/nobody`, { method: "GET" }) },
]);
const answers = new BatchResponseContent(await client.api("/$batch").post(await content.getContent()));
assert.equal((await answers.getResponseById("1").json()).value.length, 1);
assert.equal((await answers.getResponseById("2").json()).displayName, "renamed");
assert.equal(answers.getResponseById("3").status, 404);

await client.api(`${set}/${made.id}`).delete();
await assert.rejects(client.api(`${set}/${made.id}`).get(), (error) => error.statusCode === 404 && error.code === "ResourceNotFound");
console.log("microsoft-graph-client: a policy's life, a query, batch and an error over https");
