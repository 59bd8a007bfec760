// oidc-provider (npm) with keys that can be exchanged: `node _oidc_provider.mjs PORT TLS_FOLDER REDIRECT_URI`. A line on
// standard input exchanges the signing key; every line that is written tells that something is ready.

import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import https from "node:https";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.NODE_PATH.split(path.delimiter)[0];
const { Provider } = await import(pathToFileURL(path.join(folder, "oidc-provider/lib/index.js")));
const [port, tls, redirect, loggedOut] = process.argv.slice(2);

const MOUNT = "/op";
const ISSUER = `https://127.0.0.1:${port}${MOUNT}`;
const AUDIENCE = "urn:ringfence";

let issued = 0;

function key() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  issued += 1;
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${issued}`, use: "sig", alg: "RS256" };
}

function claims(id) {
  return {
    sub: id,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    preferred_username: `${id}@school.example`,
    groups: id === "alice" ? ["Admins", "Teachers"] : ["Teachers"],
  };
}

const configuration = () => ({
  jwks: { keys: [key()] },
  clients: [
    {
      client_id: "web",
      client_secret: "web-secret-0123456789abcdef0123456789abcdef",
      redirect_uris: [redirect],
      post_logout_redirect_uris: [loggedOut],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
    {
      client_id: "native",
      redirect_uris: ["http://127.0.0.1/signed-in"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    {
      client_id: "script",
      redirect_uris: ["http://localhost/signed-in"],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      application_type: "native",
    },
    {
      client_id: "daemon",
      client_secret: "daemon-secret-0123456789abcdef0123456789ab",
      redirect_uris: [],
      grant_types: ["client_credentials"],
      response_types: [],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"] },
  conformIdTokenClaims: false,
  scopes: ["openid", "profile"],
  findAccount: async (_, id) => ({ accountId: id, claims: async () => claims(id) }),
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (context) =>
        ["daemon", "script"].includes(context.oidc?.client?.clientId) ? AUDIENCE : undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: "DeviceManagementApps.ReadWrite.All DeviceManagementApps.Read.All Mail.Read",
        audience: resource,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});

let handle;
function renew() {
  handle = new Provider(ISSUER, configuration()).callback();
}
renew();

const files = { key: readFileSync(path.join(tls, "server.key")), cert: readFileSync(path.join(tls, "server.pem")) };
const server = https.createServer(files, (request, response) => {
  request.originalUrl = request.url;
  request.url = request.url.startsWith(MOUNT) ? request.url.slice(MOUNT.length) || "/" : request.url;
  handle(request, response);
});
server.listen(Number(port), "127.0.0.1", () => console.log(`ready ${ISSUER}`));
createInterface({ input: process.stdin })
  .on("line", () => {
    renew();
    console.log("renewed");
  })
  .on("close", () => process.exit(0));
