// The people of the tests: portraits with their meshes, measured once by our own engine.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { SitterData } from "../puppet/camera.ts";
import type { Landmarks } from "../puppet/head.ts";
import { DATA, OUTPUT, program } from "./environment.ts";
import { needsModels } from "./needs.ts";

/** Somebody with a portrait that the camera shows, and another picture for the state database. */
export interface Person {
  readonly portrait: string;
  readonly reference: string;
}

const portrait = (name: string) => join(DATA, "portraits", `${name}.jpg`);

/** The citizen of most tests. */
export const CITIZEN: Person = { portrait: portrait("obama"), reference: portrait("obama2") };
/** Somebody else. */
export const OTHER: Person = { portrait: portrait("biden"), reference: portrait("biden") };

/** A person as the puppet needs them. */
export function sitter({ portrait }: Person): SitterData {
  needsModels();
  const file = readFileSync(portrait);
  return { landmarks: landmarks(portrait, file), portrait: file.toString("base64") };
}

function landmarks(image: string, content: Buffer): Landmarks {
  const folder = join(OUTPUT, "landmarks");
  const kept = join(folder, `${createHash("sha256").update(content).digest("hex")}.json`);
  if (!existsSync(kept)) {
    mkdirSync(folder, { recursive: true });
    // Two workers may measure the same picture: each has the whole file or none.
    const made = `${kept}.${process.pid}`;
    execFileSync(program("tanu-evaluate"), ["landmarks", image, "--out", made], { stdio: ["ignore", "ignore", "inherit"] });
    renameSync(made, kept);
  }
  return JSON.parse(readFileSync(kept, "utf8")) as Landmarks;
}
