// The session that the matcher is measured with: the puppet's answers, as a recording (docs/evaluation/sessions.md).

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import type { Command } from "../puppet/motion.ts";
import { OUTPUT } from "../support/environment.ts";
import { Studio } from "../support/studio.ts";

const PLAN: readonly Command[] = ["turn_left", "blink", "open_mouth", "come_closer"];

test("a session for the matcher", async ({ browser }) => {
  const studio = await Studio.open(browser);
  const folder = join(OUTPUT, "session");
  rmSync(folder, { recursive: true, force: true });
  const steps = [];
  for (const [step, command] of PLAN.entries()) {
    const frames = await studio.film(command);
    expect(frames.length).toBeGreaterThan(0);
    const pictures = `run-0/step-${step}`;
    mkdirSync(join(folder, pictures), { recursive: true });
    for (const { t, j } of frames) writeFileSync(join(folder, pictures, `${t / 1000}.jpg`), j);
    steps.push({ pictures });
  }
  writeFileSync(join(folder, "session.json"), JSON.stringify({ runs: [{ plan: PLAN, steps }] }));
  await studio.close();
});
