// Runs the golden check in WebAssembly under Node, and times each model on one frame.
//
//   cargo build -p tanu-vision --example vision_wasm --target wasm32-unknown-unknown --profile wasm
//   wasm-bindgen --target nodejs --out-dir OUT TARGET/wasm32-unknown-unknown/wasm/examples/vision_wasm.wasm
//   node vision/tests/wasm/run.mjs OUT [--time] MODEL…
//
// The models are files under the names of models/models.toml; `cargo xtask models` says where they lie. Their hashes are checked by
// who calls this, as `cargo xtask test` does. Pictures come from TANU_DATA, relative to the repository's root. What lacks a file is
// skipped, with its name.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../../..");
const data = resolve(root, process.env.TANU_DATA || "../shared/data");
const [out, ...rest] = process.argv.slice(2);
if (!out) {
  console.error("usage: run.mjs FOLDER_OF_WASM_BINDGEN [--time] MODEL…");
  process.exit(2);
}
const models = new Map(rest.filter((word) => word !== "--time").map((path) => [basename(path), path]));
const { Bench } = createRequire(import.meta.url)(resolve(out, "vision_wasm.js"));

const missing = [
  ...Bench.model_names().filter((name) => !existsSync(models.get(name) ?? "")),
  ...Bench.picture_names().map((name) => join(data, name)).filter((path) => !existsSync(path)),
];
if (missing.length > 0) {
  console.log(`skipped: golden numbers in WebAssembly: no ${missing.join(", no ")}`);
  process.exit(0);
}
const bench = new Bench();
for (const name of Bench.model_names()) bench.model(name, readFileSync(models.get(name)));
for (const name of Bench.picture_names()) bench.picture(name, readFileSync(join(data, name)));

const recorded = readFileSync(join(here, "../golden_check/numbers.json"), "utf8");
const differences = bench.check(recorded);
console.log(differences || `golden numbers agree in WebAssembly, worst difference ${bench.worst(recorded).toFixed(5)}`);

if (rest.includes("--time")) {
  for (const name of ["detect", "mesh", "eyes", "quality", "embed", "passive", "guide"]) {
    const task = bench.task(name);
    for (let i = 0; i < 5; i++) task.run();
    const times = [];
    for (let i = 0; i < 30; i++) {
      const start = performance.now();
      task.run();
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    console.log(`${name}: median ${times[15].toFixed(2)} ms, least ${times[0].toFixed(2)} ms`);
  }
}
process.exit(differences === "" ? 0 : 1);
