// Sessions to which nobody comes back.

import { expect, test } from "@playwright/test";
import { openDocuments } from "../support/evidence.ts";
import { syntheticIin } from "../support/iin.ts";
import { bankSecret, Instance } from "../support/instance.ts";
import { CLIENT_ID } from "../support/oidc.ts";
import { ApiSession } from "../support/session.ts";

test("nbs_8_bnk_9_a_run_that_is_never_begun_expires_with_its_record_though_nobody_looks", async ({ request }) => {
  const instance = await Instance.start({ sessionSeconds: 60 });
  try {
    const entries = async () => {
      const checkpoint = await (await request.get(`${instance.tanu}/api/register/checkpoint`)).text();
      return (JSON.parse(Buffer.from(checkpoint.split(".")[1], "base64url").toString()) as { size: number }).size;
    };
    const session = await ApiSession.agreed(request, syntheticIin(), instance);
    expect((await session.view()).state).toMatchObject({ state: "ready", run: 0 });
    expect(await entries()).toBe(0);

    // From here on nobody asks for the session; the edge itself puts its end on record.
    await expect.poll(entries, { intervals: [2_000], timeout: 240_000 }).toBe(1);

    expect((await session.view()).state).toMatchObject({ state: "ended", ending: "expired" });
    const documents = await openDocuments(request, instance.tanu, session.id);
    expect(documents.map(({ kind }) => kind).sort()).toEqual(["consent", "liveness"]);
    const [document] = documents.filter(({ kind }) => kind === "liveness");
    expect(document.content).toMatchObject({ result: "not_completed", ended: { ending: "expired" }, commands: [], steps: [] });
    const basic = Buffer.from(`${CLIENT_ID}:${bankSecret()}`).toString("base64");
    const result = await request.get(`${instance.tanu}/api/results/${session.id}`, { headers: { authorization: `Basic ${basic}` } });
    expect(await result.json()).toMatchObject({ passed: false, ending: "expired" });
  } finally {
    await instance.stop();
  }
});
