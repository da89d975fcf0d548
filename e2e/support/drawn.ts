// A camera that shows a drawing, and an engine that sees in it what a test wants: pages with a camera, without a face.

import type { Page } from "@playwright/test";
import type { Command } from "../puppet/motion.ts";

/** What the engine says of every frame: `Guidance` of `liveness`; `captured` ends a step. */
export type Seen = { phase: { phase: string; progress?: number }; hint: string | null } | "captured";

/** The citizen is to come closer. */
export const TOO_FAR: Seen = { phase: { phase: "searching" }, hint: "come_closer" };
/** Nobody is there. */
export const NOBODY: Seen = { phase: { phase: "searching" }, hint: "no_face" };
/** A good part of what was asked is done. */
export const PERFORMING: Seen = { phase: { phase: "perform", progress: 0.7 }, hint: null };

/** How a camera fails, by the names that browsers give (W3C Media Capture and Streams). */
export type CameraFailure = "NotAllowedError" | "NotFoundError" | "NotReadableError";

/** Puts the drawing into this page as its camera, and the engine's stand-in behind it. `command`: what the drawn head does. */
export async function installDrawing(page: Page, seen: Seen, command?: Command): Promise<void> {
  await page.addInitScript({ content: `(${filmDrawing.toString()})(${draw.toString()}, ${JSON.stringify(command ?? null)});` });
  await page.route(/\/liveness-worker\.\w+\.js/, async (route) => {
    // With the engine's own headers, without which the page may not run it.
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${standIn.toString()})(${JSON.stringify(seen)});` });
  });
}

/** Lets this page's camera fail. */
export async function breakCamera(page: Page, failure: CameraFailure): Promise<void> {
  await page.addInitScript((name) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no camera", name));
  }, failure);
}

/** The drawing as a JPEG picture. */
export async function drawing(page: Page): Promise<Buffer> {
  const address = await page.evaluate<string>(`(${encodeDrawing.toString()})(${draw.toString()})`);
  return Buffer.from(address.split(",")[1], "base64");
}

type Draw = (canvas: HTMLCanvasElement, command: Command | null) => void;

function encodeDrawing(draw: Draw): string {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  draw(canvas, null);
  return canvas.toDataURL("image/jpeg", 0.8);
}

function filmDrawing(draw: Draw, command: Command | null): void {
  if (!navigator.mediaDevices) return;
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const stream = canvas.captureStream(12);
    const timer = setInterval(() => {
      if (stream.getTracks().every((track) => track.readyState === "ended")) clearInterval(timer);
      draw(canvas, command);
    }, 80);
    return stream;
  };
}

/** A head before a wall. The picture is as a camera takes it: the person's left is on the right. */
function draw(canvas: HTMLCanvasElement, command: Command | null): void {
  const context = canvas.getContext("2d")!;
  const unit = canvas.height / 480;
  const shape = (fill: string, path: string) => {
    context.fillStyle = fill;
    context.fill(new Path2D(path));
  };
  const aside = command === "turn_left" ? 26 : command === "turn_right" ? -26 : 0;
  const up = command === "look_up" ? -20 : command === "look_down" ? 20 : 0;
  context.setTransform(unit, 0, 0, unit, canvas.width / 2, 0);
  shape("#b9c7cc", "M-400 0h800v480h-800z");
  shape("#a9bac0", "M-400 0h250v480h-250z");
  // Who is asked for something has come close.
  const size = command ? 0.9 : 0.7;
  context.translate(0, 480 - 470 * size);
  context.scale(size, size);
  shape("#3f6f7a", "M-190 490c0-80 60-96 130-104h120c70 8 130 34 130 114z");
  shape("#c99b77", "M-44 300h88v84c-20 34-68 34-88 0z");
  shape("#33241c", "M-112 216c-12-150 236-150 224 0c-4 60-24 96-40 110h-144c-16-14-36-50-40-110z");
  shape("#ddb391", "M-92 214c0-66 34-104 92-104s92 38 92 104c0 82-42 140-92 140s-92-58-92-140z");
  shape("#33241c", `M-94 204c-6-70 40-112 94-112s100 42 94 112c-14-34-34-52-${60 - aside / 2}-58c-40 20-96 20-128 58z`);
  context.translate(aside, up);
  const eye = command === "blink" ? "h26v3h-26z" : "a13 9 0 1 1 26 0a13 9 0 1 1-26 0z";
  shape("#2b2320", `M-51 222${eye}M25 222${eye}`);
  shape("#2b2320", "M-56 200c10-10 26-10 36-2l-2 5c-10-6-22-6-31 2zM56 200c-10-10-26-10-36-2l2 5c10-6 22-6 31 2z");
  shape("#b98662", "M-3 226l-11 44c4 8 20 8 26 2l-2-6c-4 4-10 4-14 1l8-40z");
  shape("#8f4a41", command === "open_mouth" ? "M-24 308a24 20 0 1 1 48 0a24 20 0 1 1-48 0z" : "M-28 302c16 8 40 8 56 0c-12 20-44 20-56 0z");
}

/** The engine's stand-in: ready at once, and of one mind about every frame. */
function standIn(seen: Seen): void {
  let step: { run: number; step: number } | undefined;
  const say = (message: unknown, attachment?: ArrayBuffer) =>
    postMessage({ message: JSON.stringify(message), attachment }, { transfer: attachment ? [attachment] : [] });
  onmessage = ({ data }: MessageEvent<{ message: string; attachment?: ImageBitmap }>) => {
    const message = JSON.parse(data.message) as { kind: string; t_ms: number; step: { run: number; step: number } };
    if (message.kind === "begin_step") step = message.step;
    if (message.kind !== "frame") return;
    data.attachment?.close();
    if (seen !== "captured") {
      return say({ kind: "guided", t_ms: message.t_ms, guidance: seen, faces: 1, bounds: null, pose: null });
    }
    say({ kind: "guided", t_ms: message.t_ms, guidance: { phase: { phase: "done" }, hint: null }, faces: 1, bounds: null, pose: null });
    if (step) say({ kind: "step_captured", run: step.run, step: step.step, frames: 30, seen: true }, new Uint8Array(3).buffer);
    step = undefined;
  };
  say({ kind: "ready" });
}
