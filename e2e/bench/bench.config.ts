import { defineConfig } from "@playwright/test";
import config from "../playwright.config.ts";

export default defineConfig({
  ...config,
  testDir: ".",
  workers: 1,
  timeout: 300_000,
  reporter: [["line"]],
  projects: [{ name: "bench", testMatch: "*.bench.ts" }],
});
