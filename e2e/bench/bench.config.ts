import { defineConfig } from "@playwright/test";
import config from "../playwright.config.ts";

export default defineConfig({
  ...config,
  testDir: ".",
  workers: 1,
  timeout: 300_000,
  reporter: [["line"]],
  // `film` measures nothing: it makes the session that the matcher is measured with.
  projects: ["browser", "edge", "film"].map((name) => ({ name, testMatch: `${name}.bench.ts` })),
});
