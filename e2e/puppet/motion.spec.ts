// What the puppet's moves may never do, whatever is drawn by lot. Without a browser.

import { expect, test } from "@playwright/test";
import { Answer, type Command } from "./motion.ts";

const FRAME = 1000 / 120;
const LONGEST = 5_000;

for (const command of ["blink", "open_mouth"] as const satisfies readonly Command[]) {
  test(`${command} goes all the way, and never past what a face can do, however far somebody goes`, () => {
    for (const drawn of [0, 0.5, 0.999]) {
      const answer = new Answer(command, 0, () => drawn);
      const shares = Array.from({ length: LONGEST / FRAME }, (_, frame) => {
        const { eyesClosed, mouthOpen } = answer.at(frame * FRAME);
        return command === "blink" ? eyesClosed! : mouthOpen!;
      });
      expect(Math.min(...shares)).toBe(0);
      expect(Math.max(...shares)).toBeGreaterThan(0.95);
      expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    }
  });
}
