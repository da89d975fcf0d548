// The peer: npm onnxruntime-web with the same models doing the same work on each frame, in a Web Worker of its own.
// Bundled and started by browser.bench.ts.

import * as ort from "onnxruntime-web/wasm";

/** Frames between detections, as our own engine has it of frames that are 40 ms apart: half a second. */
const DETECT_EVERY = 13;
const [DETECTOR, MESH, EYE] = [320, 192, 32];

/** Sides of the cut-outs that are classified of each eye, as our own engine has them. */
const EYE_MARGINS = [1.6, 1.8, 2];

interface Start {
  readonly runtime: string;
  readonly models: readonly [string, string, string];
}

let sessions: ort.InferenceSession[] = [];
let frames = 0;

self.onmessage = async ({ data }: MessageEvent<Start | ImageBitmap>) => {
  if (data instanceof ImageBitmap) {
    await observe(data);
    data.close();
    self.postMessage("guided");
    return;
  }
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = data.runtime;
  sessions = await Promise.all(
    data.models.map((model) => ort.InferenceSession.create(model, { executionProviders: ["wasm"], graphOptimizationLevel: "all" })),
  );
  self.postMessage("ready");
};

const canvases = [DETECTOR, MESH, EYE].map((side) => {
  const context = new OffscreenCanvas(side, side).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("no 2-D canvas");
  return context;
});

/** Where the face is: found by the detector now and then, else followed by the mesh. */
let face = { x: 0, y: 0, side: 0 };

async function observe(frame: ImageBitmap): Promise<void> {
  const [detector, mesh, eyes] = sessions;
  if (frames++ % DETECT_EVERY === 0) {
    const scale = Math.max(frame.width, frame.height) / DETECTOR;
    const input = tensor(canvases[0], DETECTOR, true, 1, 0, (context) =>
      context.drawImage(frame, 0, 0, frame.width / scale, frame.height / scale),
    );
    const output = await detector.run({ [detector.inputNames[0]]: input });
    face = best(output, detector.outputNames, scale) ?? face;
  }
  const crop = (context: OffscreenCanvasRenderingContext2D, side: number, { x, y, side: size }: typeof face) =>
    context.drawImage(frame, x - size / 2, y - size / 2, size, size, 0, 0, side, side);
  const input = tensor(canvases[1], MESH, false, 1 / 255, 0, (context) => crop(context, MESH, face));
  const output = await mesh.run({ [mesh.inputNames[0]]: input });
  const points = output[mesh.outputNames.find((name) => output[name].size === 1404)!].data as Float32Array;
  const at = (index: number) => ({
    x: face.x + (points[3 * index] / MESH - 0.5) * face.side,
    y: face.y + (points[3 * index + 1] / MESH - 0.5) * face.side,
  });
  for (const [outer, inner] of [[33, 133], [263, 362]]) {
    const [a, b] = [at(outer), at(inner)];
    for (const margin of EYE_MARGINS) {
      const eye = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, side: margin * Math.hypot(a.x - b.x, a.y - b.y) };
      const picture = tensor(canvases[2], EYE, true, 1 / 255, -127 / 255, (context) => crop(context, EYE, eye));
      await eyes.run({ [eyes.inputNames[0]]: picture });
    }
  }
}

function tensor(
  context: OffscreenCanvasRenderingContext2D,
  side: number,
  bgr: boolean,
  scale: number,
  bias: number,
  draw: (context: OffscreenCanvasRenderingContext2D) => void,
): ort.Tensor {
  context.clearRect(0, 0, side, side);
  draw(context);
  const { data } = context.getImageData(0, 0, side, side);
  const area = side * side;
  const values = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      values[channel * area + pixel] = data[4 * pixel + (bgr ? 2 - channel : channel)] * scale + bias;
    }
  }
  return new ort.Tensor("float32", values, [1, 3, side, side]);
}

/** The most certain face of YuNet's outputs, enlarged as the mesh wants it. */
function best(output: ort.InferenceSession.ReturnType, names: readonly string[], scale: number): typeof face | undefined {
  let found: { score: number; x: number; y: number; side: number } | undefined;
  for (const [level, stride] of [8, 16, 32].entries()) {
    const [cls, obj, box] = [0, 3, 6].map((kind) => output[names[kind + level]].data as Float32Array);
    const columns = DETECTOR / stride;
    for (let cell = 0; cell < cls.length; cell++) {
      const score = Math.sqrt(Math.max(0, cls[cell]) * Math.max(0, obj[cell]));
      if (score < 0.6 || score <= (found?.score ?? 0)) continue;
      const x = ((cell % columns) + box[4 * cell]) * stride;
      const y = (Math.floor(cell / columns) + box[4 * cell + 1]) * stride;
      const side = Math.max(Math.exp(box[4 * cell + 2]), Math.exp(box[4 * cell + 3])) * stride;
      found = { score, x: x * scale, y: y * scale, side: 1.5 * side * scale };
    }
  }
  return found;
}
