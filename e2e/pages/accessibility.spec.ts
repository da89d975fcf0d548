// Every page in every language: no violation of WCAG 2.2 AA, nothing wider than a small phone, and screenshots.

import { expect, test } from "@playwright/test";
import { audit } from "../support/audit.ts";
import { speakAtBank } from "../support/bank.ts";
import { Citizen } from "../support/citizen.ts";
import { drawing } from "../support/drawn.ts";
import { BANK, TANU, facesMissing } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { installPuppet } from "../support/puppet.ts";
import { ready, stage } from "../support/staged.ts";
import { LANGUAGES, type Language, text } from "../support/texts.ts";
import { SCENES } from "./scenes.ts";

for (const language of LANGUAGES) {
  test.describe(`in ${language}`, () => {

    test("Tanu's pages outside a session", async ({ page }) => {
      const citizen = new Citizen(page, language);
      for (const [name, path] of [["home", "/"], ["problems", "/problems"], ["not-found", "/no-such-page"]] as const) {
        await page.goto(`${TANU}${path}`);
        await citizen.speak();
        await audit(page, name, language);
      }
    });

    test("the citizen's way to the camera and its ends", async ({ context, page }) => {
      const missing = facesMissing();
      test.skip(missing !== undefined, missing);
      await installPuppet(context, "no_face");
      const citizen = new Citizen(page, language);
      await citizen.arrive();
      await audit(page, "consent", language);
      await page.getByLabel(citizen.text("consent.iin"), { exact: false }).first().fill("123456789012");
      await citizen.button("action.agree").click();
      await expect(page.getByText(citizen.text("consent.iin_check_digit"))).toBeVisible();
      await audit(page, "consent-mistake", language);
      await citizen.agree(syntheticIin());
      await audit(page, "prepare", language);
      await citizen.begin();
      await expect(page.getByText(citizen.text("camera.show_face")).first()).toBeVisible();
      await audit(page, "camera", language);
      await citizen.button("action.cancel").click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await audit(page, "cancel", language);
      await page.keyboard.press("Escape");

      const refusing = new Citizen(await context.newPage(), language);
      await refusing.arrive();
      await refusing.refuse();
      await refusing.sees("ending.refused");
      await audit(refusing.page, "refused", language);
    });

    test("every state of a session", async ({ context }) => {
      const picture = await drawing(await context.newPage());
      for (const scene of SCENES) {
        await test.step(scene.name, async () => {
          const page = await context.newPage();
          await scene.open(page, language, picture);
          await audit(page, scene.name, language);
          await page.close();
        });
      }
    });

    test("the demo bank", async ({ page }) => {
      await speakAtBank(page, language);
      for (const [name, path] of [
        ["bank", "/"],
        ["bank-citizen", "/citizens/new"],
        ["bank-agreement", "/agreement"],
        ["bank-privacy", "/privacy"],
        ["bank-stale", "/callback?state=unknown"],
        ["bank-not-found", "/no-such-page"],
      ] as const) {
        await page.goto(`${BANK}${path}`);
        await audit(page, name, language);
      }
    });
  });
}

test("pages speak Kazakh, unless the relying party proposes another language, unless the citizen chooses one", async ({ context }) => {
  const speaks = async (proposed: Language | undefined, spoken: Language) => {
    const page = await context.newPage();
    await stage(page, { state: ready(), language: proposed });
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(text(spoken, "prepare.title"));
    await expect(page.locator("html")).toHaveAttribute("lang", spoken);
    return page;
  };
  await speaks(undefined, "kk");
  const page = await speaks("ru", "ru");
  await page.getByTestId("language-en").click();
  await speaks("ru", "en");
});

test("a problem's address begins at that problem, for the eye and for the ear", async ({ page }) => {
  await page.goto(`${TANU}/problems#service.try_later`);
  const entry = page.locator("[id='service.try_later']");
  const title = entry.getByRole("heading", { level: 2 });
  await expect(title).toBeFocused();
  await expect(title).toBeInViewport();
  // By its own place on the page, not because all of the page is in view.
  expect(await page.evaluate(() => scrollY)).toBeGreaterThan(0);
  await page.goto(`${TANU}/problems`);
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
});
