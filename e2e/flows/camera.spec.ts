// The camera: refused, absent, and pictures in which nobody can be checked.

import { expect, test } from "@playwright/test";
import { lookAway, lookBack } from "../support/attention.ts";
import { Citizen, FRAMES } from "../support/citizen.ts";
import { BANK, facesMissing } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { installPuppet, setMode } from "../support/puppet.ts";

const missing = facesMissing();
test.skip(missing !== undefined, missing);

test("a refused camera is explained, and can be allowed later", async ({ context, page }) => {
  await installPuppet(context, "refused");
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  await citizen.button("action.begin").click();
  await citizen.sees("trouble.refused");
  await expect(page.getByText(citizen.text("trouble.refused_remedy"))).toBeVisible();
  expect((await citizen.session()).state).toMatchObject({ state: "ready", run: 0 });
  await setMode(page, "live");
  await citizen.tryAgain();
  await expect(citizen.camera()).toBeVisible();
});

test("a device without a camera is told so, and leads back", async ({ context, page }) => {
  await installPuppet(context, "absent");
  const citizen = new Citizen(page, "ru");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  await citizen.button("action.begin").click();
  await citizen.sees("trouble.missing");
  await citizen.button("action.cancel").click();
  await page.getByRole("dialog").getByRole("button", { name: citizen.text("cancel.stop") }).click();
  await expect.poll(() => citizen.returned?.searchParams.get("error")).toBe("access_denied");
  // Whoever comes back sees how it ended, and is not sent away once more.
  await page.waitForURL((url) => url.origin === BANK);
  await page.goBack();
  await citizen.sees("ending.cancelled");
  await citizen.goesBack();
});

for (const [mode, hint] of [
  ["no_face", "camera.show_face"],
  ["two_faces", "camera.one_face"],
  ["dark", "camera.brighter"],
] as const) {
  test(`no run begins with ${mode.replace("_", " ")} in the picture, and the citizen is told what to do`, async ({ context, page }) => {
    await installPuppet(context, mode);
    const citizen = new Citizen(page);
    await citizen.arrive();
    await citizen.agree(syntheticIin());
    await citizen.begin();
    await expect(page.getByText(citizen.text(hint)).first()).toBeVisible();
    // Well past the second for which a face has to be in place.
    await page.waitForTimeout(4_000);
    expect((await citizen.session()).state).toMatchObject({ state: "ready", run: 0, repeats_left: 3 });
    await setMode(page, "live");
    await expect.poll(async () => (await citizen.session()).state.state).toBe("challenged");
  });
}

test("the camera stops when the citizen leaves the page", async ({ context, page }) => {
  await installPuppet(context, "no_face");
  const citizen = new Citizen(page);
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  await citizen.begin();
  const tracks = () => page.evaluate(() => window.facePuppet.liveTracks());
  await expect.poll(tracks).toBe(1);
  await page.getByRole("banner").getByRole("link", { name: "Tanu" }).click();
  await expect(citizen.camera()).toHaveCount(0);
  await expect.poll(tracks).toBe(0);
});

test("the camera stops when the citizen turns to another tab, which costs nothing", async ({ context, page }) => {
  await installPuppet(context, "no_face");
  const citizen = new Citizen(page, "ru");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  await citizen.begin();
  const tracks = () => page.evaluate(() => window.facePuppet.liveTracks());
  await expect.poll(tracks).toBe(1);
  await lookAway(page);
  await citizen.sees("trouble.left");
  expect(await tracks()).toBe(0);
  await lookBack(page);
  expect((await citizen.session()).state).toMatchObject({ state: "ready", run: 0, repeats_left: 3 });
  await citizen.tryAgain();
  await expect(citizen.camera()).toBeVisible();
  await expect.poll(tracks).toBe(1);
});

test("a camera that opens only after the citizen has turned away stays off", async ({ context, page }) => {
  await installPuppet(context, "no_face");
  const citizen = new Citizen(page, "ru");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  const opens = await page.evaluateHandle(() => {
    const { mediaDevices } = navigator;
    const open = mediaDevices.getUserMedia;
    let now = () => {};
    const allowed = new Promise<void>((resolve) => (now = resolve));
    mediaDevices.getUserMedia = (wanted) => allowed.then(() => open.call(mediaDevices, wanted));
    return { now };
  });
  await citizen.button("action.begin").click();
  await lookAway(page);
  await opens.evaluate(({ now }) => now());
  await citizen.sees("trouble.left");
  expect(await page.evaluate(() => window.facePuppet.requests())).toBe(1);
  expect(await page.evaluate(() => window.facePuppet.liveTracks())).toBe(0);
});

test("the camera stops where frames can't be sent, and they are kept while the citizen looks elsewhere", async ({ context, page }) => {
  await installPuppet(context);
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  await page.route(FRAMES, (route) => route.abort("internetdisconnected"));
  await citizen.begin();
  await citizen.sees("trouble.offline");
  expect(await page.evaluate(() => window.facePuppet.liveTracks())).toBe(0);
  await expect(page.getByTestId("return")).toBeVisible();
  const looked = page.waitForResponse((response) => response.url().endsWith(`/api/session/${citizen.id}`));
  await lookAway(page);
  await lookBack(page);
  await looked;
  await page.unroute(FRAMES);
  const sent = page.waitForRequest(FRAMES);
  await page.getByTestId("retry").click();
  expect((await sent).method()).toBe("PUT");
  // The next step is shown, and the camera starts when the citizen wants it to.
  await citizen.sees("prepare.resume_title");
  expect((await citizen.session()).state.step).toMatchObject({ run: 0, step: 1 });
  expect(await page.evaluate(() => window.facePuppet.liveTracks())).toBe(0);
});
