// The parts behind the edge answer nobody but their partners.

import { expect, test } from "@playwright/test";
import { BANK, MATCHER } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { needsModels } from "../support/needs.ts";
import { expectProblem } from "../support/session.ts";

const ID = "AAAAAAAAAAAAAAAAAAAAAA";
const DIGEST = "A".repeat(43);

test("bnk_15_the_matcher_answers_nobody_who_does_not_prove_who_they_are", async ({ request }) => {
  needsModels();
  const open = { session: ID, transaction: DIGEST, person: syntheticIin(), customer: null, consent: null };
  for (const headers of [{}, { authorization: "Bearer x" }, { authorization: `Bearer ${"a.b.c"}` }] as Record<string, string>[]) {
    for (const [method, path, data] of [
      ["POST", "/v1/session", JSON.stringify(open)],
      ["PUT", `/v1/session/${ID}/run/0/step/0`, "x"],
      ["POST", `/v1/session/${ID}/run/0/conclusion`, "{}"],
      ["POST", `/v1/session/${ID}/comparison`, ""],
      ["POST", `/v1/session/${ID}/end`, "{}"],
      ["GET", `/v1/session/${ID}/documents`, undefined],
    ] as const) {
      const answer = await request.fetch(`${MATCHER}${path}`, { method, data, headers });
      await expectProblem(answer, "channel.unauthenticated");
    }
  }
});

test("the state database answers the matcher alone", async ({ request }) => {
  const query = { iin: syntheticIin(), transaction: DIGEST };
  const answer = await request.post(`${BANK}/state/individuals/v1/reference`, { data: query });
  const body = await answer.text();
  expect(answer.status()).toBe(401);
  expect(body).not.toContain(query.iin);
});

test("bodies larger than allowed are refused before they are read", async ({ request }) => {
  needsModels();
  const body = Buffer.alloc(12 * 1024 * 1024, 0x20);
  const answer = await request.put(`${MATCHER}/v1/session/${ID}/run/0/step/0`, { data: body }).catch(() => undefined);
  // The connection may be closed while the rest is still on its way.
  if (answer) await expectProblem(answer, "request.too_large", "channel.unauthenticated");
  expect((await request.get(`${MATCHER}/healthz`)).ok()).toBe(true);
});
