// What a test needs that a machine may lack: it is skipped then, by name.

import { test } from "@playwright/test";

/**
 * Skips the running test where the models are missing: the matcher, without which no session goes past its first question, does
 * not start then, and no portrait can be measured.
 */
export function needsModels(): void {
  test.skip(process.env.TANU_WITHOUT_MODELS === "true", "models are missing");
}
