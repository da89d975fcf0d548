// Puts the face puppet into a browser as its camera.

import { join } from "node:path";
import type { BrowserContext, Page } from "@playwright/test";
import { buildSync } from "esbuild";
import type { Mode, PuppetSetup } from "../puppet/camera.ts";
import { ROOT } from "./environment.ts";
import { CITIZEN, OTHER, type Person, sitter } from "./people.ts";

let bundle: string | undefined;

/** Installs the puppet in every page that the context opens from now on. */
export async function installPuppet(
  context: BrowserContext,
  mode: Mode = "live",
  person: Person = CITIZEN,
  other: Person = person === CITIZEN ? OTHER : CITIZEN,
): Promise<void> {
  const setup: PuppetSetup = { mode, person: sitter(person), other: sitter(other) };
  await context.addInitScript({ content: `${script()};facePuppetModule.install(${JSON.stringify(setup)});` });
}

/** Changes what the puppet of an open page does. */
export async function setMode(page: Page, mode: Mode): Promise<void> {
  await page.evaluate((mode) => {
    window.facePuppet.mode = mode;
  }, mode);
}

function script(): string {
  bundle ??= buildSync({
    entryPoints: [join(ROOT, "e2e/puppet/camera.ts")],
    bundle: true,
    format: "iife",
    globalName: "facePuppetModule",
    write: false,
    target: "chrome120",
    logLevel: "error",
  }).outputFiles[0].text;
  return bundle;
}
