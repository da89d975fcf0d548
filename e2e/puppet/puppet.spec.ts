// The puppet does what a person would, as our own engine sees it; else the other tests would say nothing.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { OUTPUT, facesMissing, program } from "../support/environment.ts";
import { CITIZEN, OTHER } from "../support/people.ts";
import { Studio } from "../support/studio.ts";
import type { Mode } from "./camera.ts";
import type { Command } from "./motion.ts";

const missing = facesMissing();
test.skip(missing !== undefined, missing);
test.describe.configure({ timeout: 180_000 });

interface Observed {
  face: boolean;
  faces: number;
  yaw: number;
  pitch: number;
  eye_left: number;
  eye_right: number;
  mouth: number;
  scale: number;
  passive: number;
  quality: { brightness: number };
}

let studio: Studio;
test.beforeAll(async ({ browser }) => {
  studio = await Studio.open(browser);
});
test.afterAll(() => studio.close());

/** What the engine sees of an answer, frame by frame. */
async function observe(command: Command, mode: Mode = "live", from = studio): Promise<Observed[]> {
  const folder = join(OUTPUT, "puppet");
  mkdirSync(folder, { recursive: true });
  const [video, lines] = [join(folder, `${mode}-${command}.mjpeg`), join(folder, `${mode}-${command}.jsonl`)];
  // JPEG pictures one after the other are a video.
  writeFileSync(video, Buffer.concat((await from.film(command, mode)).map((frame) => frame.j)));
  execFileSync(program("tanu-evaluate"), ["video", video, "--out", lines]);
  return readFileSync(lines, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Observed);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

const expected: Record<Command, { measure: (frame: Observed) => number; least: number; back: number }> = {
  turn_left: { measure: (frame) => frame.yaw, least: 15, back: 4 },
  turn_right: { measure: (frame) => -frame.yaw, least: 15, back: 4 },
  look_up: { measure: (frame) => frame.pitch, least: 11, back: 4 },
  look_down: { measure: (frame) => -frame.pitch, least: 11, back: 4 },
  blink: { measure: (frame) => 1 - Math.max(frame.eye_left, frame.eye_right), least: 0.8, back: 0.2 },
  open_mouth: { measure: (frame) => frame.mouth, least: 0.35, back: 0.15 },
  come_closer: { measure: (frame) => Math.log(frame.scale), least: 0.22, back: 0.06 },
};

for (const [command, { measure, least, back }] of Object.entries(expected)) {
  for (const person of [CITIZEN, OTHER]) {
    test(`${person === CITIZEN ? "the citizen" : "the other"}: ${command} goes out and comes back, and looks alive`, async ({ browser }) => {
      const place = person === CITIZEN ? studio : await Studio.open(browser, person);
      const frames = await observe(command as Command, "live", place);
      if (place !== studio) await place.close();
      expect(frames.every(({ faces }) => faces === 1)).toBe(true);
      const measured = frames.map(measure);
      const rest = mean(measured.slice(0, 4));
      expect(Math.max(...measured) - rest).toBeGreaterThan(least);
      expect(Math.abs(mean(measured.slice(-3)) - rest)).toBeLessThan(back);
      expect(median(frames.map(({ passive }) => passive))).toBeGreaterThan(0.5);
    });
  }
}

test("an idle person moves a little, a still photo not at all", async () => {
  const spread = (frames: Observed[]) => Math.max(...frames.map(({ yaw }) => yaw)) - Math.min(...frames.map(({ yaw }) => yaw));
  const [idle, still] = [await observe("turn_left", "idle"), await observe("turn_left", "still")];
  expect(spread(idle)).toBeGreaterThan(0.3);
  expect(spread(idle)).toBeLessThan(6);
  expect(spread(still)).toBeLessThan(spread(idle));
});

test("nobody, two people and darkness are seen as such", async () => {
  expect((await observe("blink", "no_face")).some(({ face }) => face)).toBe(false);
  expect(median((await observe("blink", "two_faces")).map(({ faces }) => faces))).toBe(2);
  const dark = (await observe("blink", "dark")).filter(({ face }) => face);
  for (const { quality } of dark) expect(quality.brightness).toBeLessThan(0.1);
});
