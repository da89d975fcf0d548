// Frames without a page of ours: the puppet, filmed for a step.

import type { Browser, Page } from "@playwright/test";
import type { Mode } from "../puppet/camera.ts";
import type { Command } from "../puppet/motion.ts";
import { type Frame, framesOf } from "./capture.ts";
import type { Person } from "./people.ts";
import { installPuppet, setMode } from "./puppet.ts";

const FRAMES_PER_SECOND = 12;

export class Studio {
  private constructor(readonly page: Page) {}

  static async open(browser: Browser, person?: Person): Promise<Studio> {
    const context = await browser.newContext();
    await installPuppet(context, "live", person);
    const page = await context.newPage();
    await page.goto("about:blank");
    return new Studio(page);
  }

  /** What the camera sees while that is asked. */
  async film(command: Command, mode: Mode = "live", seconds = 2.8): Promise<Frame[]> {
    await setMode(this.page, mode);
    const pictures = await this.page.evaluate(
      ([command, rate, seconds]) => window.facePuppet.record(command, rate, seconds),
      [command, FRAMES_PER_SECOND, seconds] as const,
    );
    return framesOf(pictures.map((picture) => Buffer.from(picture.split(",")[1], "base64")), FRAMES_PER_SECOND);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
