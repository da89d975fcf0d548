// Starts the engine inside a module worker. The models' addresses are in this script's own query, so that they are fetched
// while the WebAssembly module is.
import init, { start } from "./tanu_liveness_wasm.js";

const early = [];
self.onmessage = (event) => early.push(event);
const models = new URL(self.location.href).searchParams.getAll("model").map((address) => fetch(address));
for (const model of models) model.catch(() => {}); // `start` meets the failure again and reports it

try {
  await init();
} catch {
  self.postMessage({ message: '{"kind":"failed","failure":"unsupported"}' });
  throw new Error("the engine's WebAssembly could not be started");
}
await start(models, early);
