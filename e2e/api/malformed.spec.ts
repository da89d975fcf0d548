// Bodies that no relying party should send: each is refused for its reason, in the words of whoever asked, and repeated nowhere.

import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import { test } from "../support/contract.ts";
import { TANU } from "../support/environment.ts";
import { syntheticIin, withWrongCheckDigit } from "../support/iin.ts";
import { bankSecret } from "../support/instance.ts";
import { authorization, CLIENT_ID } from "../support/oidc.ts";
import { ApiSession, expectProblem } from "../support/session.ts";

const FORM = "application/x-www-form-urlencoded";
/** More than a form may have. */
const TOO_LARGE = 16 * 1024 + 1;
/** Stands in what is sent, so that it is found where it is repeated. */
const MARK = "dont-repeat-me";

const basic = (secret = bankSecret()) => ({ authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${secret}`).toString("base64")}` });

interface Endpoint {
  readonly path: string;
  /** What it would take, apart from the value of a code. */
  readonly form: (request: APIRequestContext) => Promise<Record<string, string>>;
  /** Read when they are sent: the secret is of the instance that is up by then. */
  readonly headers?: () => Record<string, string>;
  /** A parameter in the midst of whose value the form is cut off, and what it is then. */
  readonly cut: readonly [parameter: string, error: string];
}

const asked = async (request: APIRequestContext) => Object.fromEntries(new URL((await authorization(request)).url).searchParams);

const ENDPOINTS: readonly Endpoint[] = [
  { path: "/oidc/par", form: asked, headers: basic, cut: ["redirect_uri", "invalid_request"] },
  { path: "/oidc/authorize", form: asked, cut: ["redirect_uri", "invalid_request"] },
  {
    path: "/oidc/token",
    form: () => Promise.resolve({ grant_type: "authorization_code", code: MARK, redirect_uri: TANU, code_verifier: MARK }),
    headers: basic,
    cut: ["grant_type", "unsupported_grant_type"],
  },
];

const CASES: readonly {
  readonly name: string;
  readonly body: (form: URLSearchParams, endpoint: Endpoint) => string;
  readonly type?: string;
  /** What OAuth calls it, where it has a name for it. */
  readonly error?: (endpoint: Endpoint) => string;
  readonly problem?: string;
}[] = [
  { name: "larger than a form may be", body: (form) => `${form}&${MARK}=${"x".repeat(TOO_LARGE)}`, problem: "request.too_large" },
  { name: "a value that is too long", body: (form) => `${form}&more=${MARK.repeat(200)}`, error: () => "invalid_request" },
  { name: "a repeated parameter", body: (form) => `${form}&client_id=${MARK}&client_id=${MARK}`, error: () => "invalid_request" },
  { name: "JSON", body: (form) => JSON.stringify(Object.fromEntries(form)), type: "application/json", error: () => "invalid_request" },
  { name: "a form that says to be text", body: String, type: "text/plain", error: () => "invalid_request" },
  { name: "nothing", body: () => "", error: () => "invalid_request" },
  {
    name: "cut off within a value",
    body: (form, { cut: [parameter] }) => String(form).slice(0, String(form).indexOf(`${parameter}=`) + parameter.length + 10),
    error: ({ cut: [, error] }) => error,
  },
];

async function expectError(answer: APIResponse, error: string): Promise<void> {
  expect(answer.status(), await answer.text()).toBe(400);
  expect(await answer.json()).toEqual({ error, error_description: expect.stringMatching(/./) as unknown });
}

for (const endpoint of ENDPOINTS) {
  test(`what ${endpoint.path} can't read is refused for its reason`, async ({ request }) => {
    const form = new URLSearchParams(await endpoint.form(request));
    for (const { name, body, type = FORM, error, problem } of CASES) {
      await test.step(name, async () => {
        const answer = await request.post(`${TANU}${endpoint.path}`, {
          data: Buffer.from(body(form, endpoint)),
          headers: { ...endpoint.headers?.(), "content-type": type },
          maxRedirects: 0,
        });
        if (error) await expectError(answer, error(endpoint));
        if (problem) await expectProblem(answer, problem);
        expect(await answer.text()).not.toContain(MARK);
        expect(answer.headers()["set-cookie"]).toBeUndefined();
        expect(answer.headers().location).toBeUndefined();
      });
    }
  });
}

test("bnk_6_an_iin_with_a_wrong_check_digit_is_not_pushed_nor_repeated", async ({ request }) => {
  const wrong = withWrongCheckDigit(syntheticIin());
  for (const login_hint of [wrong, wrong.slice(1), `${wrong}0`, "twelve digit"]) {
    const form = { ...(await asked(request)), login_hint };
    const answer = await request.post(`${TANU}/oidc/par`, { form, headers: basic() });
    await expectError(answer, "invalid_request");
    expect(await answer.text()).not.toContain(login_hint);
  }
});

test("a result is for the relying party that proves who it is", async ({ request }) => {
  const session = await ApiSession.open(request);
  const result = (headers: Record<string, string>) => request.get(`${TANU}/api/results/${session.id}`, { headers });
  const nobody = `Basic ${Buffer.from(`nobody:${bankSecret()}`).toString("base64")}`;
  for (const headers of [
    {},
    basic("wrong"),
    basic(""),
    { authorization: nobody },
    { authorization: "Basic !" },
    { authorization: `Bearer ${bankSecret()}` },
  ] as Record<string, string>[]) {
    const answer = await result(headers);
    await expectProblem(answer, "channel.unauthenticated");
    expect(answer.headers()["www-authenticate"]).toContain("Basic");
    expect(await answer.text()).not.toContain(bankSecret());
  }
  await expectProblem(await result(basic()), "session.state");
});
