// The session's API: every wrong question gets a problem with a code and a remedy, and nothing is lost by it.

import { expect } from "@playwright/test";
import { test } from "../support/contract.ts";
import { TANU } from "../support/environment.ts";
import { syntheticIin, withWrongCheckDigit } from "../support/iin.ts";
import { ApiSession, expectProblem } from "../support/session.ts";

const UNKNOWN = "AAAAAAAAAAAAAAAAAAAAAA";
const json = { "content-type": "application/json" };

test("a session that does not exist is unknown to every call", async ({ request }) => {
  const url = `${TANU}/api/session/${UNKNOWN}`;
  for (const answer of [
    await request.get(url),
    await request.post(`${url}/consent`, { data: { agreed: false, template: false, iin: null, language: "kk" } }),
    await request.post(`${url}/run/0`),
    await request.put(`${url}/run/0/step/0`, { data: Buffer.from([0xa0]) }),
    await request.post(`${url}/retry`),
    await request.post(`${url}/cancel`),
    await request.get(`${url}/documents`),
  ]) {
    await expectProblem(answer, "session.unknown");
  }
});

test("another browser can neither see nor steer a session", async ({ request, playwright }) => {
  const session = await ApiSession.open(request);
  const stranger = await playwright.request.newContext();
  await expectProblem(await stranger.get(session.url()), "session.unknown");
  await expectProblem(await stranger.get(session.url("/documents")), "session.unknown");
  await expectProblem(await stranger.post(session.url("/cancel")), "session.unknown");
  expect((await session.view()).state.state).toBe("awaiting_consent");
  await stranger.dispose();
});

test("addresses that are none and methods that do not fit are named", async ({ request }) => {
  const session = await ApiSession.open(request);
  await expectProblem(await request.get(`${TANU}/api/session/short`), "session.unknown", "request.not_found");
  await expectProblem(await request.get(`${TANU}/api/nothing`), "request.not_found");
  await expectProblem(await request.delete(session.url()), "request.method_not_allowed");
  const got = await request.get(session.url("/consent"));
  await expectProblem(got, "request.method_not_allowed");
  expect(got.headers().allow).toBe("POST");
  await expectProblem(await request.post(session.url("/run/256")), "request.not_found", "request.malformed");
  await expectProblem(await request.post(session.url("/run/-1")), "request.not_found", "request.malformed");
});

test("bnk_6_an_iin_with_a_wrong_check_digit_is_refused_and_the_right_one_still_taken", async ({ request }) => {
  const session = await ApiSession.open(request);
  const iin = syntheticIin();
  const answer = { agreed: true, template: false, language: "en" };
  const url = session.url("/consent");
  for (const wrong of [withWrongCheckDigit(iin), iin.slice(1), `${iin}0`, "49014000001٢", "490140000012"]) {
    const problem = await expectProblem(await request.post(url, { data: { ...answer, iin: wrong } }), "consent.iin_invalid");
    expect(JSON.stringify(problem)).not.toContain(wrong);
  }
  await expectProblem(await request.post(url, { data: { ...answer, iin: null } }), "consent.iin_missing");
  expect((await session.view()).state.state).toBe("awaiting_consent");
  expect((await session.consent({ ...answer, iin })).state.state).toBe("ready");
});

test("an answer that is no answer is refused", async ({ request }) => {
  const session = await ApiSession.open(request);
  const url = session.url("/consent");
  for (const body of ["", "{", "[]", "null", '{"agreed":"yes"}', "\xff\xfe"]) {
    await expectProblem(await request.post(url, { data: Buffer.from(body, "latin1"), headers: json }), "request.malformed");
  }
  await expectProblem(
    await request.post(url, { data: Buffer.from(`{"agreed":false,"x":"${"a".repeat(1 << 20)}"}`), headers: json }),
    "request.too_large",
  );
  await expectProblem(
    await request.post(url, { data: Buffer.from("agreed=true"), headers: { "content-type": "text/plain" } }),
    "request.unsupported_type",
  );
  expect((await session.view()).state.state).toBe("awaiting_consent");
});

test("nbs_4_nothing_begins_without_consent", async ({ request }) => {
  const session = await ApiSession.open(request);
  await expectProblem(await request.post(session.url("/run/0")), "consent.missing", "session.state");
  const capture = await session.put({ run: 0, step: 0 }, Buffer.from([0xa0]));
  await expectProblem(capture, "consent.missing", "session.state");
  expect((await session.view()).documents).toEqual([]);
});

test("an answer given twice counts once, and another answer does not replace it", async ({ request }) => {
  const session = await ApiSession.open(request);
  const answer = { agreed: true, template: false, iin: syntheticIin(), language: "ru" };
  const [first, second] = await Promise.all([session.consent(answer), session.consent(answer)]);
  expect(first.state).toEqual(second.state);
  expect(await session.consent(answer)).toMatchObject({ state: first.state });
  const other = await request.post(session.url("/consent"), { data: { ...answer, agreed: false } });
  await expectProblem(other, "session.conflict", "session.state");
  // Nor one that agrees for somebody else, or to something else.
  for (const change of [{ iin: syntheticIin() }, { template: true }]) {
    await expectProblem(await request.post(session.url("/consent"), { data: { ...answer, ...change } }), "session.conflict");
  }
  expect((await session.view()).state.state).toBe("ready");
});

test("bnk_8b_runs_begin_one_after_the_other", async ({ request }) => {
  const session = await ApiSession.agreed(request, syntheticIin());
  await expectProblem(await request.post(session.url("/run/1")), "session.state");
  const [first, second] = await Promise.all([session.begin(0), session.begin(0)]);
  expect(first.step).toEqual(second.step);
  expect(first.view.state.repeats_left).toBe(3);
  expect(first.step.of).toBeGreaterThanOrEqual(3);
  await expectProblem(await request.post(session.url("/run/1")), "session.state");
});

test("a cancelled session stays cancelled and leads back", async ({ request }) => {
  const session = await ApiSession.agreed(request, syntheticIin());
  await session.begin(0);
  for (let twice = 0; twice < 2; twice++) {
    const answer = await request.post(session.url("/cancel"));
    expect(answer.ok(), await answer.text()).toBe(true);
  }
  const view = await session.view();
  expect(view.state).toMatchObject({ state: "ended", ending: "cancelled" });
  expect(view.documents.map(({ kind }) => kind)).toContain("liveness");
  await request.post(session.url("/run/0"));
  expect((await session.view()).state).toMatchObject({ state: "ended", ending: "cancelled" });
  const back = await request.get(`${TANU}/return/${session.id}`, { maxRedirects: 0 });
  expect(new URL(back.headers().location).searchParams.get("error")).toBe("access_denied");
});

test("another site can't make a browser change a session", async ({ request }) => {
  const session = await ApiSession.open(request);
  for (const headers of [{ origin: "https://elsewhere.example" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[]) {
    await expectProblem(await request.post(session.url("/cancel"), { headers }), "request.cross_site");
  }
  expect((await session.view()).state.state).toBe("awaiting_consent");
});
