// Figures of the browser's side, each a line of JSON on standard output after the word FIGURE. Nothing is judged here.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { expect, test, type Page } from "@playwright/test";
import { build } from "esbuild";
import { Citizen } from "../support/citizen.ts";
import { ROOT, TANU } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { installPuppet, setMode } from "../support/puppet.ts";

const FRAMES = 150;
const WARM_UP = 30;

function figure(name: string, value: number, unit: string): void {
  console.log(`FIGURE ${JSON.stringify({ name, value: Math.round(value * 1000) / 1000, unit })}`);
}

/** A page of Tanu's origin with a peer's files beside it. */
async function stage(page: Page): Promise<Record<string, string>> {
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, "peer.ts")],
    bundle: true,
    format: "esm",
    write: false,
    target: "chrome120",
    logLevel: "error",
  });
  await page.route(`${TANU}/bench/**`, (route) => {
    const name = new URL(route.request().url()).pathname.split("/").pop()!;
    if (name === "stage") return route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Bench</title>" });
    if (name === "peer.js") return route.fulfill({ contentType: "text/javascript", body: bundle.outputFiles[0].text });
    return route.fulfill({ path: join(ROOT, "node_modules/onnxruntime-web/dist", name) });
  });
  await page.goto(`${TANU}/`);
  const assets = JSON.parse((await page.locator("#assets").textContent())!) as Record<string, string>;
  await page.goto(`${TANU}/bench/stage`);
  return assets;
}

/** Milliseconds between the frames that a page displays, shortest first. */
function framesApart(page: Page): Promise<number[]> {
  return page.evaluate(async (frames) => {
    const displayed = () => new Promise<number>(requestAnimationFrame);
    const gaps: number[] = [];
    for (let last = await displayed(); gaps.length < frames; ) {
      const now = await displayed();
      gaps.push(now - last);
      last = now;
    }
    return gaps.sort((a, b) => a - b);
  }, FRAMES);
}

const MODELS = ["yunet_n_320", "face_landmarks_468", "open_closed_eye"] as const;

test("milliseconds a frame on the guidance path, beside onnxruntime-web", async ({ context, page }) => {
  await installPuppet(context);
  const assets = await stage(page);
  const models = MODELS.map((model) => assets[`models/${model}.onnx`]);
  const measured = await page.evaluate(
    async ({ script, models, frames, warmUp }) => {
      const picture = async (n: number) => {
        // A living head: every frame is another one.
        const sway = { yaw: 6 * Math.sin(n / 9), pitch: 4 * Math.sin(n / 7) };
        return createImageBitmap(await (await fetch(await window.facePuppet.snapshot(sway))).blob());
      };
      const pictures = await Promise.all(Array.from({ length: 20 }, (_, n) => picture(n)));
      const hear = (worker: Worker, wanted: (data: unknown) => boolean) =>
        new Promise<void>((resolve, reject) => {
          worker.onerror = (event) => reject(new Error(event.message));
          worker.onmessage = ({ data }) => wanted(data) && resolve();
        });
      const time = async (worker: Worker, post: (frame: ImageBitmap, n: number) => void, wanted: (data: unknown) => boolean) => {
        const times: number[] = [];
        for (let n = 0; n < warmUp + frames; n++) {
          const frame = await createImageBitmap(pictures[n % pictures.length]);
          const begun = performance.now();
          const answered = hear(worker, wanted);
          post(frame, n);
          await answered;
          if (n >= warmUp) times.push(performance.now() - begun);
        }
        return times.sort((a, b) => a - b)[frames >> 1];
      };
      const query = models.map((model) => `model=${model}`).join("&");
      const engine = new Worker(`${script}?${query}`, { type: "module" });
      const kind = (name: string) => (data: unknown) => JSON.parse((data as { message: string }).message).kind === name;
      await hear(engine, kind("ready"));
      const post = (worker: Worker, frame: ImageBitmap, n: number) =>
        worker.postMessage({ message: JSON.stringify({ kind: "frame", t_ms: n * 40 }), attachment: frame }, [frame]);
      const peer = new Worker("/bench/peer.js", { type: "module" });
      const ready = hear(peer, (data) => data === "ready");
      peer.postMessage({ runtime: `${location.origin}/bench/`, models: models.map((model) => location.origin + model) });
      await ready;
      // Turn about, so that whatever else the machine does falls on both.
      const rounds: [number, number][] = [];
      for (let round = 0; round < 3; round++) {
        rounds.push([
          await time(engine, (frame, n) => post(engine, frame, n), kind("guided")),
          await time(peer, (frame) => peer.postMessage(frame, [frame]), (data) => data === "guided"),
        ]);
      }
      return [0, 1].map((which) => Math.min(...rounds.map((round) => round[which])));
    },
    { script: assets["liveness-worker.js"], models, frames: FRAMES, warmUp: WARM_UP },
  );
  const [ours, theirs] = measured;
  figure("guidance frame, our engine", ours, "ms");
  figure("guidance frame, onnxruntime-web", theirs, "ms");
  figure("guidance frame, ratio", ours / theirs, "");
});

test("what the citizen downloads, and how long until the first guidance", async ({ browser }) => {
  const context = await browser.newContext();
  await installPuppet(context);
  const page = await context.newPage();
  const citizen = new Citizen(page, "en");
  await citizen.arrive();
  await citizen.agree(syntheticIin());
  // From here with nothing kept, as at a first visit.
  const kept = await context.storageState();
  const url = page.url();
  await context.close();

  const fresh = await browser.newContext({ storageState: kept });
  await installPuppet(fresh);
  const first = await fresh.newPage();
  const addresses: string[] = [];
  first.context().on("request", (request) => addresses.push(request.url()));
  await first.goto(url, { waitUntil: "commit" });
  await new Citizen(first, "en").button("action.begin").click();
  await expect(first.locator("[data-state=searching]")).toBeVisible();
  await expect(first.getByTestId("instruction")).not.toHaveText(citizen.text("camera.loading"));
  figure("from opening the page to the first guidance", await first.evaluate(() => performance.now()), "ms");
  await first.getByTestId("session").waitFor();
  // Nobody there: the engine looks for a face in every frame, and drawing the wall takes the page next to nothing.
  await setMode(first, "no_face");
  const gaps = await framesApart(first);
  figure("page beside the engine, median from one displayed frame to the next", gaps[gaps.length >> 1], "ms");
  figure("page beside the engine, longest from one displayed frame to the next", gaps.at(-1)!, "ms");

  let whole = 0;
  let engine = 0;
  for (const address of new Set(addresses.filter((address) => address.startsWith(TANU) && !address.includes("/api/")))) {
    const answer = await fresh.request.get(address);
    const size = brotliCompressSync(await answer.body()).length;
    whole += size;
    if (/liveness|\.onnx/.test(address)) engine += size;
  }
  figure("download of all that the citizen needs, brotli", whole / 1e6, "MB");
  figure("download of engine and models, brotli", engine / 1e6, "MB");
  const library = join(ROOT, "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm");
  figure("onnxruntime-web alone, without models, brotli", brotliCompressSync(readFileSync(library)).length / 1e6, "MB");
  await fresh.close();
});
