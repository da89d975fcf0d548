// How a person moves when asked to: some time to react, a smooth way out, a moment of rest, a smooth way back.

import { AT_REST, type Pose } from "./head.ts";

/** The commands of a challenge, as the page names them. */
export type Command = "turn_left" | "turn_right" | "look_up" | "look_down" | "blink" | "open_mouth" | "come_closer";

/** The pose at the far end of each command. Picked up by the camera, turns come out at about two thirds. */
const EXTENT: Readonly<Record<Command, Partial<Pose>>> = {
  turn_left: { yaw: 32, roll: 1.5 },
  turn_right: { yaw: -32, roll: -1.5 },
  look_up: { pitch: 24 },
  look_down: { pitch: -24 },
  blink: { eyesClosed: 1 },
  open_mouth: { mouthOpen: 1, pitch: 1.5 },
  come_closer: { closer: 0.42 },
};

/** What a face can do wholly, and no further. */
const SHARES: readonly string[] = ["eyesClosed", "mouthOpen"] satisfies (keyof Pose)[];

/** Milliseconds. */
interface Timing {
  readonly out: number;
  readonly hold: number;
  readonly back: number;
}

const TIMING: Readonly<Record<Command, Timing>> = {
  turn_left: { out: 700, hold: 350, back: 650 },
  turn_right: { out: 700, hold: 350, back: 650 },
  look_up: { out: 650, hold: 350, back: 600 },
  look_down: { out: 650, hold: 350, back: 600 },
  blink: { out: 130, hold: 300, back: 170 },
  open_mouth: { out: 450, hold: 400, back: 450 },
  come_closer: { out: 800, hold: 400, back: 700 },
};

/** How long somebody waits before doing again what was not seen. */
const PAUSE = 1200;

/** Answering one command. */
export class Answer {
  readonly command: Command;
  readonly #begins: number;
  readonly #timing: Timing;
  readonly #extent: number;

  /** An answer to what was shown at `shownAt`, in milliseconds. */
  constructor(command: Command, shownAt: number, random: () => number) {
    const vary = (value: number) => value * (0.9 + 0.2 * random());
    const { out, hold, back } = TIMING[command];
    this.command = command;
    this.#begins = shownAt + 320 + 180 * random();
    this.#timing = { out: vary(out), hold: vary(hold), back: vary(back) };
    this.#extent = 0.96 + 0.08 * random();
  }

  /** The pose that the command alone asks for. */
  at(now: number): Partial<Pose> {
    const share = this.#extent * this.#share(now - this.#begins);
    const moved = Object.entries(EXTENT[this.command]).map(([name, value]) => {
      const most = SHARES.includes(name) ? 1 : Infinity;
      return [name, Math.min(most, value * share)];
    });
    return Object.fromEntries(moved);
  }

  /** Whether the head has been back for a moment. */
  isOver(now: number): boolean {
    const { out, hold, back } = this.#timing;
    return now > this.#begins + out + hold + back + PAUSE;
  }

  #share(time: number): number {
    const { out, hold, back } = this.#timing;
    if (time < out) return minimumJerk(time / out);
    if (time < out + hold) return 1;
    return 1 - minimumJerk((time - out - hold) / back);
  }
}

/** What nobody can keep from doing: the head sways and the chest rises. */
export class Sway {
  readonly #waves: Readonly<Record<"yaw" | "pitch" | "roll" | "x" | "y" | "closer", readonly Wave[]>>;

  constructor(random: () => number) {
    const waves = (amplitude: number) =>
      [0.17, 0.31, 0.73].map((frequency) => ({
        amplitude: (amplitude * (0.7 + 0.6 * random()) * 0.17) / Math.sqrt(0.17 * frequency),
        frequency: frequency * (0.85 + 0.3 * random()),
        phase: 2 * Math.PI * random(),
      }));
    this.#waves = {
      yaw: waves(0.9),
      pitch: waves(0.7),
      roll: waves(0.5),
      x: waves(0.009),
      y: waves(0.007),
      closer: waves(0.006),
    };
  }

  /** The pose at that time, with an answer added where there is one. */
  at(now: number, answer?: Partial<Pose>): Pose {
    const pose = { ...AT_REST, ...answer };
    for (const [name, waves] of Object.entries(this.#waves)) {
      pose[name as keyof Pose] += waves.reduce(
        (sum, { amplitude, frequency, phase }) => sum + amplitude * Math.sin((2 * Math.PI * frequency * now) / 1000 + phase),
        0,
      );
    }
    return pose;
  }
}

interface Wave {
  readonly amplitude: number;
  /** Hertz. */
  readonly frequency: number;
  readonly phase: number;
}

/** From 0 to 1 as a hand or head does it (Flash and Hogan 1985). */
function minimumJerk(t: number): number {
  const s = Math.min(1, Math.max(0, t));
  return s ** 3 * (10 - 15 * s + 6 * s * s);
}
