// More than a citizen or a relying party asks for is refused, without anybody else being kept out by it.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { encodeCapture, framesOf, seal } from "../support/capture.ts";
import { type Answer, type Config, Edge } from "../support/edge.ts";
import { bankSecret } from "../support/instance.ts";
import { needsModels } from "../support/needs.ts";
import { CLIENT_ID } from "../support/oidc.ts";
import type { Problem, SessionView } from "../support/session.ts";

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const BASIC = (secret: string) => ({ authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString("base64")}` });
/** Hardly anything grows back within a test. */
const atMost = (burst: number) => ({ burst, per_minute: 1 });

function refusedFor(answer: Answer): number {
  expect(answer.status, answer.body).toBe(429);
  expect((JSON.parse(answer.body) as Problem).code).toBe("request.too_many");
  const seconds = Number(answer.headers["retry-after"]);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  return seconds;
}

/** What a relying party asks, and how it and browsers may bring it. */
class Bank {
  #redirectUri = "";

  constructor(readonly edge: () => Edge) {}

  /** Takes the bank's address from the settings, and changes them. */
  settings(limits: Record<string, unknown> | undefined, client: Record<string, unknown> = {}): (config: Config) => void {
    return (config) => {
      this.#redirectUri = (config.clients[0].redirect_uris as string[])[0];
      delete config.limits;
      if (limits) config.limits = limits;
      Object.assign(config.clients[0], client);
    };
  }

  query(): string {
    const code_challenge = Buffer.alloc(32, 1).toString("base64url");
    const asked = { response_type: "code", client_id: CLIENT_ID, redirect_uri: this.#redirectUri, scope: "openid", state: "s" };
    return String(new URLSearchParams({ ...asked, code_challenge, code_challenge_method: "S256" }));
  }

  push(secret = bankSecret()): Promise<Answer> {
    return this.edge().ask("/oidc/par", { method: "POST", headers: { ...FORM, ...BASIC(secret) }, body: this.query() });
  }

  /** A browser brings the whole request, or what was pushed. */
  bring(pushed?: Answer): Promise<Answer> {
    const { request_uri } = pushed ? (JSON.parse(pushed.body) as { request_uri: string }) : {};
    const query = request_uri ? String(new URLSearchParams({ client_id: CLIENT_ID, request_uri })) : this.query();
    return this.edge().ask(`/oidc/authorize?${query}`);
  }

  /** A session as its browser asks it. */
  async session(pushed?: Answer) {
    const begun = await this.bring(pushed);
    expect(begun.status, begun.body).toBe(303);
    const id = /^\/session\/([\w-]{22})$/.exec(begun.headers.location ?? "")?.[1];
    expect(id, begun.headers.location).toBeTruthy();
    const cookie = begun.headers["set-cookie"]?.[0].split(";")[0] ?? "";
    return {
      id,
      headers: { cookie },
      ask: (path = "", method = "GET", body?: string | Buffer, type = "application/json") =>
        this.edge().ask(`/api/session/${id}${path}`, { method, body, headers: { cookie, "content-type": type } }),
    };
  }
}

const CONSENT = JSON.stringify({ agreed: true, template: false, iin: "880229100014", language: "kk" });

test("sessions begun in a relying party's name run out, for whoever brings them apart from its own server", async () => {
  let edge: Edge;
  const bank = new Bank(() => edge);
  edge = await Edge.start({ config: bank.settings({ pushed: atMost(2), direct: atMost(2) }) });
  try {
    // Whoever does not know the secret spends nothing, however often they try.
    for (let tries = 0; tries < 5; tries++) expect((await bank.push("wrong")).status).toBe(401);
    const first = await bank.push();
    expect(first.status, first.body).toBe(201);

    await bank.session();
    await bank.session();
    const third = await bank.bring();
    const back = new URL(third.headers.location ?? "");
    expect(back.searchParams.get("error"), "the citizen is kept").toBe("temporarily_unavailable");
    expect(back.searchParams.get("state")).toBe("s");
    expect(Number(third.headers["retry-after"])).toBeGreaterThan(0);

    // What strangers brought did not cost the bank's own server anything, nor the citizens whom it sends.
    const second = await bank.push();
    expect(second.status, second.body).toBe(201);
    refusedFor(await bank.push());
    await bank.session(first);

    // Starting anew forgets nothing that was stored.
    await edge.restart();
    refusedFor(await bank.push());
    await bank.session(second);
  } finally {
    await edge.stop();
  }
});

test("a relying party that pushes all its requests can have no other taken", async () => {
  let edge: Edge;
  const bank = new Bank(() => edge);
  edge = await Edge.start({ config: bank.settings(undefined, { require_pushed_authorization_requests: true }) });
  try {
    const answer = await bank.bring();
    expect(new URL(answer.headers.location ?? "").searchParams.get("error")).toBe("invalid_request");
    await bank.session(await bank.push());
  } finally {
    await edge.stop();
  }
});

test("a session that is asked too much answers later, and has lost nothing", async () => {
  needsModels();
  let edge: Edge;
  const bank = new Bank(() => edge);
  const session = { browser: { burst: 6, per_minute: 60 }, relying_party: atMost(3), refused_frames: atMost(2) };
  edge = await Edge.start({ config: bank.settings({ session, public: atMost(1) }) });
  try {
    const { id, ask } = await bank.session();
    const begun = await ask("/consent", "POST", CONSENT);
    expect(begun.status, begun.body).toBe(200);
    const view = JSON.parse((await ask("/run/0", "POST")).body) as SessionView;
    const step = view.state.step!;

    await test.step("frames that are refused", async () => {
      const frames = framesOf([Buffer.alloc(600, 1), Buffer.alloc(600, 2)]);
      const body = encodeCapture(seal(view.transaction, Buffer.alloc(32, 7).toString("base64url"), frames));
      const send = () => ask("/run/0/step/0", "PUT", body, "application/vnd.tanu.capture+cbor");
      for (let times = 0; times < 2; times++) expect((await send()).status).toBe(409);
      refusedFor(await send());
    });

    await test.step("calls of another browser, which cost this one nothing", async () => {
      const cookie = `tanu-browser=${Buffer.alloc(32, 9).toString("base64url")}`;
      for (let times = 0; times < 20; times++) {
        expect((await edge.ask(`/api/session/${id}`, { headers: { cookie } })).status).toBe(404);
      }
      expect((await ask()).status).toBe(200);
    });

    await test.step("calls of its own", async () => {
      let seconds = 0;
      for (let times = 0; times < 20 && seconds === 0; times++) {
        const answer = await ask();
        if (answer.status !== 200) seconds = refusedFor(answer);
      }
      expect(seconds).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const after = JSON.parse((await ask()).body) as SessionView;
      expect(after.state.step).toEqual(step);
    });

    await test.step("calls of its relying party", async () => {
      const result = () => edge.ask(`/api/results/${id}`, { headers: BASIC(bankSecret()) });
      for (let times = 0; times < 3; times++) expect((await result()).status).toBe(409);
      refusedFor(await result());
      const code = `${id}.${Buffer.alloc(32, 7).toString("base64url")}`;
      const body = String(new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: "x", code_verifier: "y" }));
      refusedFor(await edge.ask("/oidc/token", { method: "POST", headers: { ...FORM, ...BASIC(bankSecret()) }, body }));
    });

    await test.step("readers of the register, of whom sessions take no notice", async () => {
      expect((await edge.ask("/api/register/checkpoint")).status).toBe(200);
      refusedFor(await edge.ask("/api/register/checkpoint"));
      // The keys are not theirs to use up, and nobody else's either.
      for (let times = 0; times < 5; times++) expect((await edge.ask("/api/evidence-keys")).status).toBe(200);
    });
  } finally {
    await edge.stop();
  }
});

test("frames that come slowly take two places and no more, and nobody waits for them", async () => {
  needsModels();
  let edge: Edge;
  const bank = new Bank(() => edge);
  edge = await Edge.start({ config: bank.settings(undefined) });
  try {
    const { id, ask, headers } = await bank.session();
    const frames = { method: "PUT", headers: { ...headers, "content-type": "application/vnd.tanu.capture+cbor" } };
    const send = (body: string) => edge.ask(`/api/session/${id}/run/0/step/0`, { ...frames, body });
    const code = (answer: Answer) => (JSON.parse(answer.body) as Problem).code;
    expect(code(await send("x")), "before consent").toBe("session.state");
    expect((await ask("/consent", "POST", CONSENT)).status).toBe(200);
    const shown = JSON.parse((await ask("/run/0", "POST")).body) as SessionView;

    const slow = [1, 2].map(() => edge.begin(`/api/session/${id}/run/0/step/0`, { ...frames, body: Buffer.alloc(5_000_000, 1) }));
    await expect.poll(async () => code(await send("x"))).toBe("request.too_many");
    refusedFor(await send("x"));
    expect((JSON.parse((await ask()).body) as SessionView).state).toEqual(shown.state);

    for (const upload of slow) expect(code(await upload.finish())).toBe("capture.malformed");
    expect(code(await send("x"))).toBe("capture.malformed");
  } finally {
    await edge.stop();
  }
});

test("asking for sessions that never were leaves nothing behind", async () => {
  const edge = await Edge.start();
  try {
    const random = (bytes: number) => crypto.getRandomValues(Buffer.alloc(bytes)).toString("base64url");
    for (let times = 0; times < 10; times++) {
      const [id, secret] = [random(16), random(32)];
      const headers = { cookie: `tanu-browser=${secret}` };
      expect((await edge.ask(`/api/session/${id}`, { headers })).status).toBe(404);
      expect((await edge.ask(`/return/${id}`, { headers })).status).toBe(404);
      const pushed = `client_id=${CLIENT_ID}&request_uri=urn:ietf:params:oauth:request_uri:${id}`;
      expect((await edge.ask(`/oidc/authorize?${pushed}`)).status).toBe(404);
      expect((await edge.ask(`/api/results/${id}`, { headers: BASIC(bankSecret()) })).status).toBe(404);
      expect((await edge.ask("/oidc/userinfo", { headers: { authorization: `Bearer ${id}.${secret}` } })).status).toBe(401);
      const code = { grant_type: "authorization_code", code: `${id}.${secret}`, redirect_uri: "x", code_verifier: "y" };
      const body = String(new URLSearchParams(code));
      expect((await edge.ask("/oidc/token", { method: "POST", headers: { ...FORM, ...BASIC(bankSecret()) }, body })).status).toBe(400);
    }
    const stored = readdirSync(join(edge.home, "edge"), { recursive: true }).map(String);
    expect(stored.filter((file) => file.endsWith(".sqlite") && !file.endsWith("metadata.sqlite"))).toEqual([]);
  } finally {
    await edge.stop();
  }
});

test("limits that nobody set let a citizen do everything, and a relying party its part", async () => {
  needsModels();
  let edge: Edge;
  const bank = new Bank(() => edge);
  edge = await Edge.start({ config: bank.settings(undefined) });
  try {
    for (let citizens = 0; citizens < 20; citizens++) {
      const { ask } = await bank.session(citizens % 2 ? await bank.push() : undefined);
      expect((await ask("/consent", "POST", CONSENT)).status).toBe(200);
      // Reloads, a second tab, doubled clicks.
      for (let times = 0; times < 15; times++) expect((await ask()).status).toBe(200);
      for (let times = 0; times < 3; times++) expect((await ask("/run/0", "POST")).status).toBe(200);
      expect((await ask("/cancel", "POST")).status).toBe(200);
    }
  } finally {
    await edge.stop();
  }
});
