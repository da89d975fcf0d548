// What a browser tells a page when the person in front of it turns to another tab or program, and comes back. Pages that
// Playwright drives are always visible, so that it has to be said for them.

import type { Page } from "@playwright/test";

/** The page is hidden. */
export const lookAway = (page: Page) => show(page, false);

/** The page is seen again. */
export const lookBack = (page: Page) => show(page, true);

const show = (page: Page, visible: boolean) =>
  page.evaluate((visible) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => !visible });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (visible ? "visible" : "hidden") });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, visible);
