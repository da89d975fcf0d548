// What every page must keep: no violation of WCAG 2.2 AA that axe can find, colour contrast included; nothing wider than a
// small phone; and a screenshot for people to look at.

import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";
import { SCREENSHOTS } from "./environment.ts";
import type { Language } from "./texts.ts";

/** The colour schemes. */
const SCHEMES = ["light", "dark"] as const;
const DESKTOP = { width: 1280, height: 720 };
const SMALL_PHONE = { width: 320, height: 640 };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Checks a page as it stands, in each scheme and on a small phone. */
export async function audit(page: Page, name: string, language: Language): Promise<void> {
  // With its styles, should a link have led here just now.
  await page.waitForLoadState();
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    const told = violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) }));
    expect.soft(told, `${name} in ${language}, ${colorScheme}`).toEqual([]);
    await page.screenshot({ path: `${SCREENSHOTS}/${name}-${language}-${colorScheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(SMALL_PHONE);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect.soft(overflow, `${name} in ${language} is wider than ${SMALL_PHONE.width} px`).toBeLessThanOrEqual(0);
  await page.screenshot({ path: `${SCREENSHOTS}/${name}-${language}-narrow.png`, fullPage: true });
  await page.setViewportSize(DESKTOP);
}
