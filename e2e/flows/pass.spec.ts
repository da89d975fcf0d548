// The main way: a citizen passes, at first against the state database, then against the template.

import { expect, test } from "@playwright/test";
import { register } from "../support/bank.ts";
import { Citizen, documentsOf } from "../support/citizen.ts";
import { TANU, facesMissing } from "../support/environment.ts";
import { openDocuments } from "../support/evidence.ts";
import { exchange } from "../support/oidc.ts";
import { CITIZEN } from "../support/people.ts";
import { installPuppet } from "../support/puppet.ts";
import { LANGUAGES } from "../support/texts.ts";

const missing = facesMissing();
test.skip(missing !== undefined, missing);

test("nbs_9_a_citizen_passes_against_the_state_database_and_later_against_the_template", async ({ browser }) => {
  const iin = await register((await browser.newContext()).request, CITIZEN);
  for (const basis of ["primary", "subsequent"] as const) {
    const context = await browser.newContext();
    await installPuppet(context);
    const citizen = new Citizen(await context.newPage());
    const asked = await citizen.arrive();
    await citizen.agree(iin, { template: true });
    await citizen.begin();
    await citizen.ends("matched");
    expect(await citizen.page.evaluate(() => window.facePuppet.liveTracks())).toBe(0);

    const documents = await openDocuments(context.request, TANU, citizen.id);
    const [comparison] = documents.filter(({ kind }) => kind === "comparison");
    expect(comparison.content).toMatchObject({ result: "matched", comparison: basis, person: iin });
    expect(comparison.content.current_image).toBeTruthy();
    const passed = documents.filter(({ kind, content }) => kind === "liveness" && content.result === "passed");
    expect(passed).toHaveLength(1);
    expect(passed[0].content).toMatchObject({ person: iin, transaction: comparison.content.transaction });
    expect((passed[0].content.steps as unknown[]).length).toBeGreaterThanOrEqual(3);
    expect(passed[0].content.commands).toEqual((passed[0].content.steps as { command: string }[]).map((step) => step.command));

    const back = await citizen.goesBack();
    expect(back.searchParams.get("state")).toBe(asked.state);
    const tokens = await exchange(context.request, back.searchParams.get("code")!, asked);
    expect(tokens.ok(), await tokens.text()).toBe(true);
    await context.close();
  }
});

for (const language of LANGUAGES) {
  test(`a citizen passes on a phone in ${language}`, async ({ browser }) => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      hasTouch: true,
      isMobile: true,
      locale: language,
    });
    await installPuppet(context);
    const iin = await register(context.request, CITIZEN);
    const citizen = new Citizen(await context.newPage(), language);
    await citizen.arrive();
    await citizen.agree(iin, { template: false });
    await citizen.begin();
    const overflow = await citizen.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await citizen.ends("matched");
    expect(documentsOf(await citizen.session())).toContain("comparison");
    await context.close();
  });
}
