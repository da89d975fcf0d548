import { defineConfig } from "@playwright/test";
import { CHROMIUM, CI, OUTPUT, TANU } from "./support/environment.ts";

const root = process.getuid?.() === 0;

export default defineConfig({
  testDir: ".",
  outputDir: `${OUTPUT}/results`,
  // A session is a minute of a citizen's time; two at once fill two cores with the engine and the matcher.
  workers: 2,
  // Bounds on waiting for what never comes, not demands on speed: the machine may be busy with something else.
  timeout: 420_000,
  expect: { timeout: 90_000, toMatchAriaSnapshot: { pathTemplate: "{testDir}/{testFileDir}/structure/{arg}{ext}" } },
  forbidOnly: CI,
  reporter: [["list"], ["json", { outputFile: `${OUTPUT}/report.json` }]],
  use: {
    baseURL: TANU,
    locale: "kk-KZ",
    timezoneId: "Asia/Almaty",
    trace: "off",
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        ...(root ? ["--no-sandbox"] : []),
        "--use-fake-ui-for-media-stream",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
  projects: [
    { name: "api", testMatch: "api/**/*.spec.ts" },
    { name: "flows", testMatch: "flows/**/*.spec.ts" },
    { name: "pages", testMatch: "pages/**/*.spec.ts" },
    { name: "puppet", testMatch: "puppet/**/*.spec.ts" },
  ],
});
