// How sessions end, without a page: documents that are not in force, answers that come too late.

import { expect } from "@playwright/test";
import { type IdentityDocument, register } from "../support/bank.ts";
import { encodeCapture } from "../support/capture.ts";
import { test } from "../support/contract.ts";
import { TANU, facesMissing } from "../support/environment.ts";
import { openDocuments } from "../support/evidence.ts";
import { syntheticIin } from "../support/iin.ts";
import { Instance } from "../support/instance.ts";
import { CITIZEN } from "../support/people.ts";
import { answerRun } from "../support/run.ts";
import { ApiSession } from "../support/session.ts";
import { Studio } from "../support/studio.ts";

const missing = facesMissing();
test.skip(missing !== undefined, missing);

for (const [why, document] of [
  ["lost", { status: "lost" }],
  ["expired", { issuedOn: "2010-01-01", validUntil: "2020-01-01" }],
] as const satisfies readonly (readonly [string, IdentityDocument])[]) {
  test(`nbs_9_with_a_document_that_is_${why}_nobody_passes`, async ({ request, browser }) => {
    const studio = await Studio.open(browser);
    const iin = await register(request, CITIZEN, {}, document);
    const session = await ApiSession.agreed(request, iin);
    const view = await answerRun(session, studio, 0);
    expect(view.state).toMatchObject({ state: "ended", ending: "document_out_of_force", why });
    const documents = await openDocuments(request, TANU, session.id);
    const [comparison] = documents.filter(({ kind }) => kind === "comparison");
    expect(comparison.content).toMatchObject({ result: "document_out_of_force", why });
    const back = await request.get(`${TANU}/return/${session.id}`, { maxRedirects: 0 });
    expect(new URL(back.headers().location).searchParams.get("error")).toBe("access_denied");
    await studio.close();
  });
}

test("bnk_8b_an_answer_after_the_deadline_fails_the_run_whatever_it_shows", async ({ request, browser }) => {
  const instance = await Instance.start({ stepSeconds: 5 });
  try {
    const studio = await Studio.open(browser);
    const session = await ApiSession.agreed(request, syntheticIin(), instance);
    const { view, step } = await session.begin(0);
    const body = encodeCapture(session.seal(view.transaction, step, await studio.film(step.command)));
    await new Promise((resolve) => setTimeout(resolve, Date.parse(step.deadline) - Date.parse(view.now) + 1_500));
    const answer = await session.put(step, body);
    expect([200, 409]).toContain(answer.status());
    const after = await session.view();
    expect(after.state).toMatchObject({ state: "ready", run: 1, mismatches: expect.arrayContaining(["late"]) });
    await studio.close();
  } finally {
    await instance.stop();
  }
});
