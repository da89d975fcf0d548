// Where the instance under test is, and where the things are that tests need. Read from the environment once.

import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

const value = (name: string, otherwise: string) => process.env[name] || otherwise;

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, "../..");
const fromRoot = (path: string) => resolve(ROOT, path);

export const PORTS = {
  edge: Number(value("TANU_PORT_EDGE", "8787")),
  matcher: Number(value("TANU_PORT_MATCHER", "8788")),
  sandbox: Number(value("TANU_PORT_SANDBOX", "8789")),
} as const;

/** Origin of Tanu. */
export const TANU = value("TANU_ORIGIN", `http://localhost:${PORTS.edge}`);
/** Origin of the demo bank. */
export const BANK = value("BANK_ORIGIN", `http://localhost:${PORTS.sandbox}`);
/** Origin of the matcher. */
export const MATCHER = `http://127.0.0.1:${PORTS.matcher}`;

/** The folder in which the instance keeps its keys and its state. */
export const HOME = fromRoot(value("TANU_HOME", ".tanu"));
/** Where cargo puts programs. */
export const TARGET = fromRoot(
  value("CARGO_TARGET_DIR", join(value("TANU_CACHE", join(homedir(), ".cache/tanu")), "target")),
);
/** Pictures of faces. */
export const DATA = fromRoot(value("TANU_DATA", "../shared/data"));
/** Files that tests make. Never committed: they show faces. */
export const OUTPUT = fromRoot("e2e/output");
export const SCREENSHOTS = fromRoot("e2e/screenshots");

export const CHROMIUM = value("TANU_CHROMIUM", "/usr/bin/chromium");
/** In continuous integration, what can't be tested is a failure. */
export const CI = process.env.CI === "true";

/** Why the tests that need faces can't run here, if they can't. */
export function facesMissing(): string | undefined {
  const needed = join(DATA, "portraits");
  return existsSync(needed) ? undefined : `${needed} is not there; set TANU_DATA`;
}

/** A program of ours, as built last. */
export function program(name: string): string {
  const built = ["release", "debug"].map((profile) => join(TARGET, profile, name)).filter(existsSync);
  if (built.length === 0) throw new Error(`${name} is not built: run \`cargo xtask build\``);
  return built.reduce((a, b) => (statSync(a).mtimeMs >= statSync(b).mtimeMs ? a : b));
}

/** A file of the instance's home. */
export function homeFile(path: string): string {
  return readFileSync(join(HOME, path), "utf8");
}
