// The edge on workerd with an encrypted socket, outside loopback, and with settings or keys that are not what they should be.

import { networkInterfaces } from "node:os";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { type Answer, type Asked, type Config, Edge, type EdgeSettings } from "../support/edge.ts";
import { homeFile } from "../support/environment.ts";
import { CLIENT_ID } from "../support/oidc.ts";
import type { Problem } from "../support/session.ts";

const ID = "AAAAAAAAAAAAAAAAAAAAAA";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const JSON_BODY = { "content-type": "application/json" };

/** Every kind of address there is, as somebody asks it who does everything right. */
const EVERYTHING: readonly (readonly [string, Asked])[] = [
  ["/", {}],
  ["/healthz", {}],
  [`/session/${ID}`, {}],
  ["/assets/nothing.js", {}],
  ["/.well-known/openid-configuration", {}],
  ["/oidc/jwks", {}],
  ["/oidc/par", { method: "POST", headers: FORM, body: `client_id=${CLIENT_ID}` }],
  [`/oidc/authorize?client_id=${CLIENT_ID}`, {}],
  ["/oidc/token", { method: "POST", headers: FORM, body: "grant_type=authorization_code" }],
  ["/oidc/userinfo", { headers: { authorization: "Bearer x" } }],
  [`/api/session/${ID}`, {}],
  [`/api/session/${ID}/consent`, { method: "POST", headers: JSON_BODY, body: '{"agreed":false}' }],
  [`/api/session/${ID}/run/0`, { method: "POST" }],
  [`/api/session/${ID}/run/0/step/0`, { method: "PUT", headers: { "content-type": "application/vnd.tanu.capture+cbor" }, body: "x" }],
  [`/api/session/${ID}/cancel`, { method: "POST" }],
  [`/api/session/${ID}/documents`, {}],
  [`/return/${ID}`, {}],
  [`/api/results/${ID}`, {}],
  ["/api/register/checkpoint", {}],
  ["/api/evidence-keys", {}],
  ["/api/nothing", {}],
];

async function withEdge(settings: EdgeSettings, use: (edge: Edge) => Promise<void>): Promise<void> {
  const edge = await Edge.start(settings);
  try {
    await use(edge);
  } finally {
    await edge.stop();
  }
}

function expectProblem(what: string, { status, headers, body }: Answer, code: string, expected: number): void {
  expect(status, `${what}: ${body}`).toBe(expected);
  expect(headers["content-type"], what).toContain("application/problem+json");
  const problem = JSON.parse(body) as Problem;
  expect(problem.code, what).toBe(code);
  for (const language of ["kk", "ru", "en"] as const) expect(problem.remedy[language], what).toBeTruthy();
  expect(headers["set-cookie"], what).toBeUndefined();
}

/** Settings as for real citizens. */
function production(config: Config): void {
  config.environment = "production";
  config.issuer = "https://tanu.example";
  config.virtual_cameras = false;
  for (const client of config.clients) {
    client.redirect_uris = ["https://bank.example/callback"];
    client.user_agreement = "https://bank.example/agreement";
    client.privacy_policy = "https://bank.example/privacy";
  }
}

test("bnk_15_outside_loopback_nothing_answers_without_tls", async () => {
  const addresses = Object.values(networkInterfaces())
    .flatMap((known) => known ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);
  await withEdge({ everywhere: true }, async (edge) => {
    for (const [path, asked] of EVERYTHING) {
      for (const host of ["tanu.example", "10.1.2.3", "localhost.example", ...addresses]) {
        const headers = { ...asked.headers, host: `${host}:${edge.port}` };
        const address = addresses.includes(host) ? host : "127.0.0.1";
        const answer = await edge.ask(path, { ...asked, headers, address });
        expectProblem(`${path} at ${host}`, answer, "channel.insecure", 421);
      }
    }
  });
});

test("bnk_15_where_citizens_come_over_https_nothing_answers_without_it_whatever_host_is_named", async () => {
  await withEdge({ config: production }, async (edge) => {
    for (const [path, asked] of EVERYTHING) {
      for (const host of ["tanu.example", "localhost", "127.0.0.1"]) {
        const answer = await edge.ask(path, { ...asked, headers: { ...asked.headers, host } });
        expectProblem(`${path} at ${host}`, answer, "channel.insecure", 421);
      }
    }
  });
});

test("bnk_15_over_https_browsers_are_told_to_stay_and_cookies_stay_there_too", async () => {
  await withEdge({ tls: true, config: production }, async (edge) => {
    const headers = { host: "tanu.example" };
    for (const [path, asked] of EVERYTHING) {
      const answer = await edge.ask(path, { ...asked, headers: { ...asked.headers, ...headers } });
      expect(answer.headers["strict-transport-security"], path).toMatch(/^max-age=\d{8,}; includeSubDomains$/);
      expect(answer.status, `${path}: ${answer.body}`).not.toBe(421);
    }
    const metadata = JSON.parse((await edge.ask("/.well-known/openid-configuration", { headers })).body) as Record<string, string>;
    expect(metadata.token_endpoint).toBe("https://tanu.example/oidc/token");
    const query = new URLSearchParams({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: "https://bank.example/callback",
      scope: "openid",
      code_challenge: Buffer.alloc(32, 1).toString("base64url"),
      code_challenge_method: "S256",
    });
    const begun = await edge.ask(`/oidc/authorize?${query}`, { headers });
    expect(begun.status, begun.body).toBe(303);
    const [cookie] = begun.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^__Host-tanu-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const id = begun.headers.location?.split("/").at(-1);
    const see = (sent: string) => edge.ask(`/api/session/${id}`, { headers: { ...headers, cookie: sent } });
    const key = cookie.split(";")[0];
    expect((await see(key)).status).toBe(200);
    expectProblem("a cookie that another host could set", await see(key.replace("__Host-", "")), "session.unknown", 404);
  });
});

const WRONG: readonly { name: string; settings: EdgeSettings; logged: string }[] = [
  ...["CONFIG", "EDGE_SIGNING_KEY", "EDGE_CHANNEL_KEY", "MATCHER_CHANNEL_KEY", "SUBJECT_KEY"].map((binding) => ({
    name: `${binding} missing`,
    settings: { without: [binding] },
    logged: binding,
  })),
  ...(
    [
      ["a public key to sign with", { "edge-signing.pem": "edge-signing.pub.pem" }, "EDGE_SIGNING_KEY"],
      ["one key for two purposes", { "edge-channel.pem": "edge-signing.pem" }, "EDGE_CHANNEL_KEY"],
      ["a private key for the matcher's", { "matcher-channel.pub.pem": "matcher-channel.pem" }, "MATCHER_CHANNEL_KEY"],
      ["the edge's key for the matcher's", { "matcher-channel.pub.pem": "edge-channel.pub.pem" }, "MATCHER_CHANNEL_KEY"],
      ["a key of another kind for subjects", { "subject.key": "edge-channel.pem" }, "SUBJECT_KEY"],
    ] as const
  ).map(([name, keys, logged]) => ({ name, settings: { keys }, logged })),
  { name: "no JSON", settings: { text: "{" }, logged: "CONFIG" },
  {
    name: "a question that leaves out the face",
    settings: { config: ({ clients }: Config) => void (clients[0].data = ["iin"]) },
    logged: "data must name face",
  },
  ...(
    [
      ["a misspelt setting", { virtual_camera: false }, "CONFIG"],
      ["no encryption outside loopback", { issuer: "http://tanu.example" }, "issuer"],
      ["a limit of nothing", { limits: { public: { burst: 0, per_minute: 1 } } }, "limits"],
    ] as const
  ).map(([name, change, logged]) => ({ name, settings: { config: (config: Config) => void Object.assign(config, change) }, logged })),
  ...(
    [
      ["virtual cameras in production", { virtual_cameras: true }, "virtual_cameras"],
      ["loopback in production", { issuer: "http://localhost:8787" }, "issuer"],
    ] as const
  ).map(([name, change, logged]) => ({
    name,
    settings: { config: (config: Config) => (production(config), void Object.assign(config, change)) },
    logged,
  })),
];

for (const { name, settings, logged } of WRONG) {
  test(`with ${name} every address says that the service is misconfigured, and the log what of it`, async () => {
    await withEdge(settings, async (edge) => {
      for (const [path, asked] of EVERYTHING) {
        expectProblem(path, await edge.ask(path, asked), "service.misconfigured", 503);
      }
      await expect.poll(() => edge.log).toContain(logged);
      for (const file of readdirSync(join(edge.home, "keys")).filter((file) => !/\.(pub|crt|chain)\.pem$/.test(file))) {
        const lines = readFileSync(join(edge.home, "keys", file), "utf8").split("\n");
        for (const line of lines.filter((line) => line.length >= 32 && !line.startsWith("-----"))) {
          expect(edge.log.includes(line), `the log holds a line of ${file}`).toBe(false);
        }
      }
    });
  });
}

for (const [name, keys] of [
  ["an answer that another key than the matcher's has signed", { "matcher-channel.pub.pem": "state-database-channel.pub.pem" }],
  ["a matcher that does not know the edge's key", { "edge-channel.pem": "state-database-channel.pem" }],
] as const) {
  test(`bnk_15_${name.replaceAll(/[ ']/g, "_")}_passes_nobody`, async () => {
    await withEdge({ keys }, async (edge) => {
      const config = JSON.parse(homeFile("config/edge.json")) as { clients: { redirect_uris: string[] }[] };
      const query = new URLSearchParams({
        response_type: "code",
        client_id: CLIENT_ID,
        redirect_uri: config.clients[0].redirect_uris[0],
        scope: "openid",
        code_challenge: Buffer.alloc(32, 1).toString("base64url"),
        code_challenge_method: "S256",
      });
      const begun = await edge.ask(`/oidc/authorize?${query}`);
      const id = begun.headers.location?.split("/").at(-1);
      const cookie = begun.headers["set-cookie"]?.[0].split(";")[0] ?? "";
      const answer = JSON.stringify({ agreed: true, template: false, iin: "880229100014", language: "en" });
      const headers = { ...JSON_BODY, cookie };
      const consent = await edge.ask(`/api/session/${id}/consent`, { method: "POST", headers, body: answer });
      expectProblem("consent", consent, "service.try_later", 503);
      expect(consent.headers["retry-after"]).toBeTruthy();
      const seen = JSON.parse((await edge.ask(`/api/session/${id}`, { headers })).body) as { state: { state: string } };
      expect(seen.state.state).toBe("waiting");
      expectProblem("a run", await edge.ask(`/api/session/${id}/run/0`, { method: "POST", headers }), "service.try_later", 503);
      for (const path of ["/api/register/checkpoint", "/api/evidence-keys"]) {
        expectProblem(path, await edge.ask(path), "service.try_later", 503);
      }
      const back = await edge.ask(`/return/${id}`, { headers });
      expect(back.headers.location).toContain("error=temporarily_unavailable");
      expect(edge.log).not.toContain("880229100014");
    });
  });
}

test("a HEAD is answered as its GET, without a body", async () => {
  await withEdge({}, async (edge) => {
    // Times and lengths differ from answer to answer, and a problem has both.
    const comparable = ({ status, headers }: Answer) => {
      const { date: _, "content-length": __, "transfer-encoding": ___, ...rest } = headers;
      return { status, headers: rest };
    };
    const metadata = ["/.well-known/openid-configuration", "/oidc/jwks"];
    for (const path of ["/", "/healthz", ...metadata, "/api/register/checkpoint", "/api/nothing", `/api/session/${ID}`]) {
      const [get, head] = [await edge.ask(path), await edge.ask(path, { method: "HEAD" })];
      expect(comparable(head), path).toEqual(comparable(get));
      expect(get.body, path).not.toBe("");
      expect(head.body, path).toBe("");
    }
    for (const path of ["/oidc/authorize", `/return/${ID}`, "/oidc/token"]) {
      expect((await edge.ask(path, { method: "HEAD" })).status, path).toBe(405);
    }
  });
});
