// Ways off the straight one: refusing, reloading, going back, a second tab, a session that ends by time.

import { expect, test } from "@playwright/test";
import { beginSignIn, register } from "../support/bank.ts";
import { Citizen, documentsOf, FRAMES } from "../support/citizen.ts";
import { TANU, facesMissing } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { Instance } from "../support/instance.ts";
import { needsModels } from "../support/needs.ts";
import { CITIZEN } from "../support/people.ts";
import { installPuppet, setMode } from "../support/puppet.ts";
import { answerRun } from "../support/run.ts";
import { ApiSession } from "../support/session.ts";
import { Studio } from "../support/studio.ts";

const missing = facesMissing();

test("nbs_4_a_refusal_goes_back_and_no_camera_is_ever_asked_for", async ({ context, page }) => {
  test.skip(missing !== undefined, missing);
  await installPuppet(context);
  const citizen = new Citizen(page);
  await citizen.arrive();
  await citizen.refuse();
  await citizen.sees("ending.refused");
  expect(await page.evaluate(() => window.facePuppet.requests())).toBe(0);
  const view = await citizen.session();
  expect(documentsOf(view)).toContain("consent");
  expect(documentsOf(view)).not.toContain("comparison");
  const back = await citizen.goesBack();
  expect(back.searchParams.get("error")).toBe("access_denied");
});

test("reload and Back at every step neither break nor double anything", async ({ context, page }) => {
  test.skip(missing !== undefined, missing);
  await installPuppet(context);
  const iin = await register(context.request, CITIZEN);
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  const reloaded = async (key: string) => {
    await page.reload();
    await citizen.sees(key);
  };
  await reloaded("consent.title");
  await citizen.agree(iin);
  await reloaded("prepare.title");

  await page.goBack();
  await page.goForward();
  await citizen.sees("prepare.title");

  await setMode(page, "idle");
  await citizen.begin();
  await expect.poll(async () => (await citizen.session()).state.state).toBe("challenged");
  const before = await citizen.session();
  await page.reload();
  await citizen.sees("prepare.resume_title");
  const after = await citizen.session();
  expect(after.state).toEqual(before.state);
  await citizen.button("action.go_on").click();
  await expect(citizen.camera()).toBeVisible();
  await citizen.ends("matched");
  await reloaded("ending.matched");
  await page.goBack();
  await page.goForward();
  await citizen.sees("ending.matched");
  const documents = documentsOf(await citizen.session());
  expect(new Set(documents).size).toBe(documents.length);
});

test("Back from the bank shows the result again, and going on once more is led to what it came to", async ({ browser, context, page }) => {
  test.skip(missing !== undefined, missing);
  const { request } = context;
  const iin = await register(request, CITIZEN);
  const session = await ApiSession.at(request, (await beginSignIn(request)).href);
  await session.consent({ agreed: true, template: false, iin, language: "en" });
  const studio = await Studio.open(browser);
  const { state } = await answerRun(session, studio, 0);
  await studio.close();
  expect(state).toMatchObject({ state: "ended", ending: "matched" });
  const citizen = new Citizen(page, "en");
  await page.goto(`${TANU}/session/${session.id}`);
  await citizen.speak();
  for (let visit = 0; visit < 2; visit++) {
    await citizen.sees("ending.matched");
    await page.getByTestId("return").click();
    await expect(page.locator("[data-accepted=true]")).toBeVisible();
    await page.goBack();
  }
  await citizen.sees("ending.matched");
});

test("a second click on the same answer changes nothing", async ({ page }) => {
  needsModels();
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  await page.getByLabel(citizen.text("consent.iin"), { exact: false }).first().fill(syntheticIin());
  await citizen.button("action.agree").dblclick();
  await citizen.sees("prepare.title");
  expect(documentsOf(await citizen.session()).filter((kind) => kind === "consent").length).toBeLessThanOrEqual(1);
});

test("the whole way to the camera and out again by keyboard alone", async ({ context, page }) => {
  test.skip(missing !== undefined, missing);
  await installPuppet(context, "no_face");
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  const focus = async (target: ReturnType<Citizen["button"]>) => {
    for (let tabs = 0; tabs < 40; tabs++) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error("not reached by Tab");
  };
  await focus(page.getByLabel(citizen.text("consent.iin"), { exact: false }).first());
  await page.keyboard.type(syntheticIin());
  await focus(citizen.button("action.agree"));
  await page.keyboard.press("Enter");
  await citizen.sees("prepare.title");
  await focus(citizen.button("action.begin"));
  await page.keyboard.press("Space");
  await expect(citizen.camera()).toBeVisible();
  await focus(citizen.button("action.cancel"));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(citizen.button("action.cancel")).toBeFocused();
  await page.keyboard.press("Enter");
  await focus(dialog.getByRole("button", { name: citizen.text("cancel.stop") }));
  await page.keyboard.press("Enter");
  await expect.poll(() => citizen.returned?.searchParams.get("error")).toBe("access_denied");
});

test.describe("with an instance of its own", () => {
  let instance: Instance | undefined;
  test.afterEach(async () => {
    await instance?.stop();
    instance = undefined;
  });

  test("a session that has expired says so, leaves document 1 and leads back", async ({ page }) => {
    instance = await Instance.start({ sessionSeconds: 60 });
    const citizen = new Citizen(page, "en");
    await citizen.arrive(instance);
    await citizen.agree(syntheticIin());
    await citizen.ends("expired");
    expect(documentsOf(await citizen.session()).some((kind) => kind.startsWith("liveness"))).toBe(true);
    const back = await citizen.goesBack();
    expect(back.searchParams.get("code")).toBeNull();
    expect(back.searchParams.get("error")).toBeTruthy();
  });

  test("two tabs answer one step, one of them counts, and the other finds it done", async ({ context, page }) => {
    test.skip(missing !== undefined, missing);
    instance = await Instance.start({ stepSeconds: 120 });
    await installPuppet(context);
    const iin = await register(context.request, CITIZEN, instance);
    const first = new Citizen(page, "en");
    await first.arrive(instance);
    const second = new Citizen(await context.newPage(), "en");
    await second.page.goto(page.url());
    await second.sees("consent.title");
    await first.agree(iin);
    await second.page.getByLabel(second.text("consent.iin"), { exact: false }).first().fill(iin);
    await second.button("action.agree").click();
    await second.sees("prepare.title");
    // The first tab's frames are on their way for as long as the second tab is in front.
    let arrive = () => {};
    const held = new Promise<void>((resolve) => (arrive = resolve));
    await first.page.route(FRAMES, async (route) => {
      await held;
      await route.continue();
    });
    await first.page.bringToFront();
    await first.begin();
    await expect(first.page.locator("[data-state=sending]")).toBeVisible();
    expect((await first.session()).state.step).toMatchObject({ run: 0, step: 0 });
    await second.page.bringToFront();
    // This tab does not know yet that the run has begun: beginning it joins it.
    await second.page.getByTestId("begin").click();
    await second.ends("matched");
    await first.page.bringToFront();
    arrive();
    await first.sees("ending.matched");
    const documents = documentsOf(await first.session());
    expect(documents).toContain("liveness 0");
    expect(documents).not.toContain("liveness 1");
    expect(new Set(documents).size).toBe(documents.length);
  });

  test("on a failed run's page, in a step and while its frames travel, reload and Back double nothing", async ({ context, page }) => {
    test.skip(missing !== undefined, missing);
    instance = await Instance.start({ stepSeconds: 120 });
    await installPuppet(context);
    const iin = await register(context.request, CITIZEN, instance);
    const citizen = new Citizen(page, "en");
    await citizen.arrive(instance);
    await citizen.agree(iin);
    const backAndForth = async () => {
      await page.goBack();
      await page.goForward();
    };

    await setMode(page, "wrong");
    await citizen.begin();
    await citizen.failsOnce();
    const failed = await citizen.session();
    for (const away of [() => page.reload(), backAndForth]) {
      await away();
      await citizen.sees("failed.title");
      const { state, documents } = await citizen.session();
      expect({ state, documents }).toEqual({ state: failed.state, documents: failed.documents });
    }

    await setMode(page, "idle");
    await citizen.tryAgain();
    await expect.poll(async () => (await citizen.session()).state.state).toBe("challenged");
    const { state } = await citizen.session();
    expect(state.step).toMatchObject({ run: 1, step: 0 });
    await backAndForth();
    await citizen.sees("prepare.resume_title");
    expect((await citizen.session()).state).toEqual(state);

    // The frames never arrive: the step is answered anew.
    await page.route(FRAMES, () => {});
    await citizen.button("action.go_on").click();
    await expect(page.locator("[data-state=sending]")).toBeVisible();
    await page.reload();
    await citizen.sees("prepare.resume_title");
    expect((await citizen.session()).state).toEqual(state);
    // Not sooner: it would let the frames go on.
    await page.unroute(FRAMES);

    // The frames may have arrived or not, and what was found in them is not heard.
    const sent = page.waitForRequest(FRAMES);
    await citizen.button("action.go_on").click();
    await sent;
    await page.reload();
    await citizen.goesOnTo("matched");
    const documents = documentsOf(await citizen.session());
    expect(new Set(documents).size).toBe(documents.length);
  });

  test("with the matcher down nobody passes, nothing is lost, and later it goes on", async ({ context, page }) => {
    test.skip(missing !== undefined, missing);
    instance = await Instance.start();
    await installPuppet(context);
    const iin = await register(context.request, CITIZEN, instance);
    const citizen = new Citizen(page, "en");
    await citizen.arrive(instance);
    await citizen.agree(iin);
    await citizen.begin();
    await expect.poll(async () => (await citizen.session()).state.step?.step).toBe(1);
    await instance.stopPart("matcher");
    const later = page.getByText("service.try_later");
    await expect(later).toBeVisible();
    const { state } = await citizen.session();
    expect(state.state).not.toBe("ended");
    await page.getByTestId("retry").click();
    await expect(later).toBeVisible();
    // The citizen is never kept: there is a way back to the relying party without any service but the edge.
    const way = await page.getByTestId("return").getAttribute("href");
    const back = await context.request.get(`${instance.tanu}${way}`, { maxRedirects: 0 });
    expect(new URL(back.headers().location).searchParams.get("error")).toBe("temporarily_unavailable");
    await instance.startPart("matcher");
    await page.getByTestId("retry").click();
    await expect(later).toBeHidden();
    await citizen.goesOnTo("matched");
  });
});
