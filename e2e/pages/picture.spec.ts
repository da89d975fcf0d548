// The picture of the flow in the README: the main screens side by side, with a drawing before the camera. The test always
// makes it, so that it can be made; the repository's own is replaced only where TANU_PICTURE is set.

import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { speakAtBank } from "../support/bank.ts";
import { drawing, installDrawing, PERFORMING, TOO_FAR } from "../support/drawn.ts";
import { BANK, OUTPUT, ROOT } from "../support/environment.ts";
import { challenged, documents, ended, ready, stage } from "../support/staged.ts";
import { text } from "../support/texts.ts";

const PHONE = { width: 360, height: 720 };
const MOST_BYTES = 300_000;
const PICTURE = process.env.TANU_PICTURE ? join(ROOT, "docs/images/flow.png") : join(OUTPUT, "flow.png");

test.use({ viewport: PHONE, colorScheme: "light", contextOptions: { reducedMotion: "reduce" } });

test("the picture of the flow can be made, and is small", async ({ context, browser }) => {
  const screens: [string, Buffer][] = [];
  const shoot = async (caption: string, open: (page: Page) => Promise<void>) => {
    const page = await context.newPage();
    await open(page);
    screens.push([caption, await page.screenshot()]);
    await page.close();
  };
  await shoot("The bank asks", async (page) => {
    await speakAtBank(page, "en");
    // Whoever was made by other tests is no part of the picture.
    await page.evaluate(() => document.querySelector("ul.citizens")?.remove());
  });
  await shoot("The citizen agrees", (page) => stage(page, { state: { state: "awaiting_consent" }, language: "en", personKnown: true }));
  await shoot("The face finds its place", async (page) => {
    await installDrawing(page, TOO_FAR);
    await stage(page, { state: ready(), language: "en" });
    await page.getByTestId("begin").click();
    await expect(page.getByTestId("instruction")).toHaveText(text("en", "camera.closer"));
  });
  await shoot("One command at a time", async (page) => {
    await installDrawing(page, PERFORMING, "turn_left");
    await stage(page, { state: challenged("turn_left"), language: "en" });
    await page.getByTestId("begin").click();
    await expect(page.getByTestId("instruction")).toHaveText(text("en", "command.turn_left"));
  });
  await shoot("The result", async (page) => {
    const staged = documents(await drawing(page));
    await stage(page, { state: ended("matched"), language: "en", documents: staged });
    await expect(page.getByTestId("documents")).toBeVisible();
  });

  const strip = await browser.newPage({ viewport: { width: 5 * 222 + 10, height: 448 }, deviceScaleFactor: 1.25 });
  const figures = screens.map(
    ([caption, png], at) =>
      `<figure><img src="data:image/png;base64,${png.toString("base64")}" width="202"><figcaption>${at + 1}. ${caption}</figcaption></figure>`,
  );
  await strip.setContent(`<style>
    body { margin: 0; padding: 10px; display: flex; gap: 20px; background: #fff; font: 13px sans-serif; color: #222 }
    figure { margin: 0; width: 202px } img { display: block; border: 1px solid #bbb; border-radius: 8px }
    figcaption { margin-top: 8px; text-align: center }
  </style>${figures.join("")}`);
  mkdirSync(dirname(PICTURE), { recursive: true });
  await strip.locator("body").screenshot({ path: PICTURE });
  await strip.close();
  expect(statSync(PICTURE).size).toBeLessThan(MOST_BYTES);
});
