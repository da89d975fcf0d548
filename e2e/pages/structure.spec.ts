// What a screen reader finds in every state of a session, in Kazakh: roles, names and order, kept beside this file.
// A change that is wanted is taken over with `--update-snapshots`, and read.

import { expect, test } from "@playwright/test";
import { drawing } from "../support/drawn.ts";
import { SCENES } from "./scenes.ts";

for (const scene of SCENES) {
  test(`the structure of ${scene.name} is as it was`, async ({ context }) => {
    const page = await context.newPage();
    await scene.open(page, "kk", await drawing(page));
    await expect(page.locator("body")).toMatchAriaSnapshot({ name: `${scene.name}.aria.yml` });
  });
}
