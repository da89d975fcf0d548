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

interface Scene {
  readonly command: Command;
  readonly mode: Mode;
}

/** What the engine sees of scenes, frame by frame. Each scene is a part of one video: the engine is started once. */
async function observe(studio: Studio, name: string, scenes: readonly Scene[]): Promise<Observed[][]> {
  const folder = join(OUTPUT, "puppet");
  mkdirSync(folder, { recursive: true });
  const [video, lines] = [join(folder, `${name}.mjpeg`), join(folder, `${name}.jsonl`)];
  const filmed = [];
  for (const { command, mode } of scenes) filmed.push(await studio.film(command, mode));
  // JPEG pictures one after the other are a video.
  writeFileSync(video, Buffer.concat(filmed.flat().map((frame) => frame.j)));
  execFileSync(program("tanu-evaluate"), ["video", video, "--out", lines]);
  const observed = readFileSync(lines, "utf8").trim().split("\n").map((line) => JSON.parse(line) as Observed);
  return filmed.map((frames) => observed.splice(0, frames.length));
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
const commands = Object.keys(expected) as Command[];
/** Frames of the studio that the shortest rest at the far end, 270 ms, has at least. */
const HELD = 3;

for (const [name, person] of [["citizen", CITIZEN], ["other", OTHER]] as const) {
  test(`the ${name} goes out and comes back at every command, and looks alive`, async ({ browser }) => {
    const studio = await Studio.open(browser, person);
    const answers = await observe(studio, name, commands.map((command) => ({ command, mode: "live" })));
    for (const [at, command] of commands.entries()) {
      const { measure, least, back } = expected[command];
      const frames = answers[at];
      expect.soft(frames.every(({ faces }) => faces === 1), `${command}: one face`).toBe(true);
      const measured = frames.map(measure);
      const rest = mean(measured.slice(0, 4));
      // Held there: one frame alone may be caught on the way.
      const out = measured.filter((value) => value - rest > least);
      expect.soft(out.length, `${command}: frames at its extent`).toBeGreaterThanOrEqual(HELD);
      expect.soft(Math.abs(mean(measured.slice(-3)) - rest), `${command}: back`).toBeLessThan(back);
      expect.soft(median(frames.map(({ passive }) => passive)), `${command}: alive`).toBeGreaterThan(0.5);
    }
    await studio.close();
  });
}

test("stillness, absence, company and darkness are seen as such", async ({ browser }) => {
  const studio = await Studio.open(browser);
  const modes = ["idle", "still", "no_face", "two_faces", "dark"] as const;
  const scenes = await observe(studio, "modes", modes.map((mode) => ({ command: "turn_left", mode })));
  const [idle, still, nobody, company, dark] = scenes;
  const spread = (frames: Observed[]) => Math.max(...frames.map(({ yaw }) => yaw)) - Math.min(...frames.map(({ yaw }) => yaw));
  expect.soft(spread(idle)).toBeGreaterThan(0.3);
  expect.soft(spread(idle)).toBeLessThan(6);
  expect.soft(spread(still)).toBeLessThan(spread(idle));
  expect.soft(nobody.some(({ face }) => face)).toBe(false);
  expect.soft(median(company.map(({ faces }) => faces))).toBe(2);
  for (const { quality } of dark.filter(({ face }) => face)) expect.soft(quality.brightness).toBeLessThan(0.1);
  await studio.close();
});
