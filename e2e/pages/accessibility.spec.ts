// Every page in every language and both colour schemes: no violation of WCAG 2.2 AA that axe can find, colour contrast
// included, nothing wider than a small phone; and a screenshot for people to look at.

import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { speakAtBank } from "../support/bank.ts";
import { Citizen } from "../support/citizen.ts";
import { BANK, SCREENSHOTS, TANU, facesMissing } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { installPuppet } from "../support/puppet.ts";
import { LANGUAGES, type Language } from "../support/texts.ts";

const SCHEMES = ["light", "dark"] as const;

async function check(page: Page, name: string, language: Language): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
      .analyze();
    const told = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }));
    expect.soft(told, `${name} in ${language}, ${colorScheme}`).toEqual([]);
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${language}-${colorScheme}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect.soft(overflow, `${name} in ${language} is wider than 320 px`).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${SCREENSHOTS}/${name}-${language}-narrow.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 720 });
}

for (const language of LANGUAGES) {
  test.describe(`in ${language}`, () => {
    test.describe.configure({ timeout: 180_000 });

    test("Tanu's pages outside a session", async ({ page }) => {
      const citizen = new Citizen(page, language);
      for (const [name, path] of [["home", "/"], ["problems", "/problems"], ["not-found", "/no-such-page"]] as const) {
        await page.goto(`${TANU}${path}`);
        await citizen.speak();
        await check(page, name, language);
      }
    });

    test("the citizen's way to the camera and its ends", async ({ context, page }) => {
      const missing = facesMissing();
      test.skip(missing !== undefined, missing);
      await installPuppet(context, "no_face");
      const citizen = new Citizen(page, language);
      await citizen.arrive();
      await check(page, "consent", language);
      await page.getByLabel(citizen.text("consent.iin"), { exact: false }).first().fill("123456789012");
      await citizen.button("action.agree").click();
      await expect(page.getByText(citizen.text("consent.iin_check_digit"))).toBeVisible();
      await check(page, "consent-mistake", language);
      await citizen.agree(syntheticIin());
      await check(page, "prepare", language);
      await citizen.begin();
      await expect(page.getByText(citizen.text("camera.show_face")).first()).toBeVisible({ timeout: 30_000 });
      await check(page, "camera", language);
      await citizen.button("action.cancel").click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await check(page, "cancel", language);
      await page.keyboard.press("Escape");

      const refusing = new Citizen(await context.newPage(), language);
      await refusing.arrive();
      await refusing.refuse();
      await refusing.sees("ending.refused");
      await check(refusing.page, "refused", language);
    });

    test("the demo bank", async ({ page }) => {
      await speakAtBank(page, language);
      for (const [name, path] of [
        ["bank", "/"],
        ["bank-citizen", "/citizens/new"],
        ["bank-agreement", "/agreement"],
        ["bank-privacy", "/privacy"],
        ["bank-stale", "/callback?state=unknown"],
      ] as const) {
        await page.goto(`${BANK}${path}`);
        await check(page, name, language);
      }
    });
  });
}
