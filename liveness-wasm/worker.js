// Starts the engine inside a module worker. The models' addresses are in this script's own query, so that they are fetched
// while the WebAssembly module is.
import init, { start } from "./tanu_liveness_wasm.js";

const early = [];
self.onmessage = (event) => early.push(event);
const models = new URL(self.location.href).searchParams.getAll("model").map((address) => fetch(address));
for (const model of models) model.catch(() => {}); // `start` meets the failure again and reports it

try {
  await init();
} catch (error) {
  const unsupported = error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError;
  self.postMessage({ message: JSON.stringify({ kind: "failed", failure: unsupported ? "unsupported" : "download" }) });
  throw error;
}
await start(models, early);
