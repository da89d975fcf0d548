// The face puppet as a page's camera. Bundled and put into the page before its own scripts; see ../support/puppet.ts.

import { Head, AT_REST, type Landmarks, type Pose } from "./head.ts";
import { Answer, type Command, Sway } from "./motion.ts";
import { type Exposure, Renderer, type Sitter } from "./renderer.ts";

/** What the puppet does. */
export type Mode =
  /** Does what the page asks for. */
  | "live"
  /** Holds entirely still, as a printed photo would; the camera's noise goes on. */
  | "still"
  /** A living person who does nothing that is asked. */
  | "idle"
  /** Does something else than what is asked. */
  | "wrong"
  /** A second person is in the picture. */
  | "two_faces"
  /** Nobody is in the picture. */
  | "no_face"
  /** Hardly any light. */
  | "dark"
  /** Somebody else takes the seat and does what is asked. */
  | "other_person"
  /** The citizen answers the first command, then leaves the picture, and somebody else comes and answers the rest. */
  | "exchange"
  /** The citizen refuses the camera. */
  | "refused"
  /** The device has no camera. */
  | "absent";

/** A person's picture as it travels into the page. */
export interface SitterData {
  readonly landmarks: Landmarks;
  /** The portrait's file, base64. */
  readonly portrait: string;
}

export interface PuppetSetup {
  readonly mode: Mode;
  readonly person: SitterData;
  readonly other: SitterData;
}

/** What tests reach as `window.facePuppet`. */
export interface FacePuppet {
  mode: Mode;
  /** Number of camera tracks that are live in this page. */
  liveTracks(): number;
  /** Number of times that the page asked for the camera. */
  requests(): number;
  /** Draws one pose and gives it as a PNG data address. */
  snapshot(pose: Partial<Pose>, exposure?: Partial<Exposure>): Promise<string>;
  /** Draws the answer of the present mode to a command, frame by frame, as JPEG data addresses. */
  record(command: Command, framesPerSecond: number, seconds: number): Promise<string[]>;
}

declare global {
  interface Window {
    facePuppet: FacePuppet;
  }
}

const [WIDTH, HEIGHT, FRAMES_PER_SECOND] = [640, 480, 24];
/** How long nobody is seen while the seat is exchanged: more than a gap that the answer would be lost in. */
const EMPTY_SEAT = 1800;
/** How long somebody sits still before the seat is left, and after it is taken. */
const SETTLED = 700;
/** As the page counts steps. */
const FIRST_STEP = "0";

const SEATED: Exposure = { faceHeight: 0.42, faceAt: 0.5, light: 1, noise: 1.6 };

/** What is done where something else was asked: nothing that could be taken for it. */
const INSTEAD: Readonly<Record<Command, Command>> = {
  turn_left: "turn_right",
  turn_right: "turn_left",
  look_up: "look_down",
  look_down: "look_up",
  blink: "turn_left",
  open_mouth: "turn_right",
  come_closer: "look_down",
};

/** Installs the puppet in this page. */
export function install(setup: PuppetSetup): void {
  const streams: MediaStream[] = [];
  let requests = 0;
  let stage: Promise<Stage> | undefined;
  const opened = () => (stage ??= Stage.open(setup, () => puppet.mode));
  const puppet: FacePuppet = {
    mode: setup.mode,
    liveTracks: () => streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === "live").length,
    requests: () => requests,
    snapshot: async (pose, exposure) => (await opened()).snapshot(pose, exposure),
    record: async (command, rate, seconds) => (await opened()).record(command, rate, seconds),
  };
  window.facePuppet = puppet;
  if (!navigator.mediaDevices) return;
  navigator.mediaDevices.getUserMedia = async () => {
    requests += 1;
    if (puppet.mode === "refused") throw new DOMException("Permission denied", "NotAllowedError");
    if (puppet.mode === "absent") throw new DOMException("Requested device not found", "NotFoundError");
    const stream = (await opened()).film();
    streams.push(stream);
    return stream;
  };
  navigator.mediaDevices.enumerateDevices = async () => {
    const device = { deviceId: "puppet", groupId: "puppet", kind: "videoinput" as const, label: "face puppet" };
    return puppet.mode === "absent" ? [] : [{ ...device, toJSON: () => device }];
  };
}

/** The people, the light and the camera. */
class Stage {
  readonly #renderer = new Renderer(WIDTH, HEIGHT);
  readonly #sway = new Sway(Math.random);
  #shown = "";
  #answer: Answer | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When the citizen left the seat to somebody else. */
  #leftAt: number | undefined;

  private constructor(
    readonly person: Sitter,
    readonly other: Sitter,
    readonly mode: () => Mode,
  ) {}

  static async open(setup: PuppetSetup, mode: () => Mode): Promise<Stage> {
    const [person, other] = await Promise.all([seat(setup.person), seat(setup.other)]);
    return new Stage(person, other, mode);
  }

  film(): MediaStream {
    this.#look(performance.now());
    this.#draw(performance.now());
    clearInterval(this.#timer);
    const stream = this.#renderer.canvas.captureStream(FRAMES_PER_SECOND);
    this.#timer = setInterval(() => {
      if (stream.getTracks().every((track) => track.readyState === "ended")) return clearInterval(this.#timer);
      this.#look(performance.now());
      this.#draw(performance.now());
    }, 1000 / FRAMES_PER_SECOND);
    return stream;
  }

  snapshot(pose: Partial<Pose>, exposure: Partial<Exposure> = {}): string {
    this.#renderer.draw(this.person, { ...AT_REST, ...pose }, { ...SEATED, ...exposure });
    return this.#renderer.canvas.toDataURL("image/png");
  }

  record(command: Command, rate: number, seconds: number): string[] {
    const begin = 1e6 * Math.random();
    this.#answer = new Answer(this.#answerTo(command), begin + 300, Math.random);
    return Array.from({ length: Math.round(rate * seconds) }, (_, frame) => {
      this.#draw(begin + (1000 * frame) / rate);
      return this.#renderer.canvas.toDataURL("image/jpeg", 0.75);
    });
  }

  #draw(now: number): void {
    const mode = this.mode();
    const moves = mode !== "idle" ? this.#answer?.at(now) : undefined;
    const pose = mode === "still" ? AT_REST : this.#sway.at(now, moves);
    switch (mode) {
      case "no_face":
        return this.#renderer.drawWall(SEATED);
      case "dark":
        return this.#renderer.draw(this.person, pose, { ...SEATED, light: 0.06 });
      case "other_person":
        return this.#renderer.draw(this.other, pose, SEATED);
      case "exchange":
        if (this.#leftAt === undefined) return this.#renderer.draw(this.person, pose, SEATED);
        if (now < this.#leftAt + EMPTY_SEAT) return this.#renderer.drawWall(SEATED);
        return this.#renderer.draw(this.other, pose, SEATED);
      case "two_faces":
        this.#renderer.draw(this.person, pose, { ...SEATED, faceAt: 0.36 });
        return this.#renderer.drawBeside(this.other, this.#sway.at(now + 9000), { ...SEATED, faceAt: 0.8, faceHeight: 0.38 });
      default:
        return this.#renderer.draw(this.person, pose, SEATED);
    }
  }

  /** Reads the page, as the citizen does: what to do, and whether to begin. What was done and not taken is done again. */
  #look(now: number): void {
    const page = document.querySelector<HTMLElement>("[data-command]")?.dataset;
    const command = page?.command as Command | undefined;
    if (!page || !command || page.phase !== "perform") return;
    const shown = `${page.run}/${page.step}/${command}`;
    if (shown === this.#shown && !this.#answer?.isOver(now)) return;
    this.#shown = shown;
    let begins = now;
    if (this.mode() === "exchange" && this.#leftAt === undefined && page.step !== FIRST_STEP) {
      this.#leftAt = now + SETTLED;
      begins = this.#leftAt + EMPTY_SEAT + SETTLED;
    }
    this.#answer = new Answer(this.#answerTo(command), begins, Math.random);
  }

  #answerTo(command: Command): Command {
    return this.mode() === "wrong" ? INSTEAD[command] : command;
  }
}

async function seat({ landmarks, portrait }: SitterData): Promise<Sitter> {
  const bytes = Uint8Array.from(atob(portrait), (character) => character.charCodeAt(0));
  return { head: new Head(landmarks), portrait: await createImageBitmap(new Blob([bytes])) };
}
