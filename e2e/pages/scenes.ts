// Every state in which a citizen may find a session, and how to get a page there without what stands behind it.

import { expect, type Page } from "@playwright/test";
import { lookAway } from "../support/attention.ts";
import { breakCamera, type CameraFailure, installDrawing, NOBODY, PERFORMING, type Seen, TOO_FAR } from "../support/drawn.ts";
import { challenged, documents, ended, openUnknown, ready, stage, stageOutage } from "../support/staged.ts";
import { type Language, pattern, text } from "../support/texts.ts";

/** A state of the pages. */
export interface Scene {
  readonly name: string;
  /** Brings the page there. `picture`: a JPEG for the documents. */
  open(page: Page, language: Language, picture: Buffer): Promise<void>;
}

const press = (page: Page, language: Language, key: string) =>
  page.getByRole("button", { name: pattern(language, key) }).first().click();

const still = (name: string, state: Record<string, unknown>, personKnown = false): Scene => ({
  name,
  open: (page, language) => stage(page, { state, language, personKnown }),
});

const ending = (name: string, how: string, why?: string): Scene => ({
  name: `ended-${name}`,
  open: (page, language, picture) =>
    // Whoever has let the time run out before the question leaves nothing behind.
    stage(page, { state: ended(how, why), language, documents: how === "expired" ? [] : documents(picture, how) }),
});

const document = (name: string, place: number): Scene => ({
  name: `document-${name}`,
  open: async (page, language, picture) => {
    const all = documents(picture);
    await stage(page, { state: ended("matched"), language, documents: all, query: `?document=${all[place].sha256}` });
    await expect(page.getByTestId("download-document")).toBeVisible();
  },
});

const camera = (name: string, state: Record<string, unknown>, seen: Seen, key: string): Scene => ({
  name: `camera-${name}`,
  open: async (page, language) => {
    const { step } = state as { step?: ReturnType<typeof challenged>["step"] };
    await installDrawing(page, seen, step?.command);
    await stage(page, { state, language });
    await press(page, language, step ? "action.go_on" : "action.begin");
    await expect(page.getByTestId("instruction")).toHaveText(text(language, key));
  },
});

const brokenCamera = (name: string, failure: CameraFailure, key: string): Scene => ({
  name: `trouble-${name}`,
  open: async (page, language) => {
    await breakCamera(page, failure);
    await stage(page, { state: ready(), language });
    await press(page, language, "action.begin");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(text(language, key));
  },
});

/** Leaves the page while the camera runs, as the browser tells it. */
const left: Scene = {
  name: "trouble-left",
  open: async (page, language) => {
    await installDrawing(page, NOBODY);
    await stage(page, { state: ready(), language });
    await press(page, language, "action.begin");
    await expect(page.getByTestId("instruction")).toHaveText(text(language, "camera.show_face"));
    await lookAway(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(text(language, "trouble.left"));
  },
};

/** No answer says which language to use, so it is the default. */
const problem = (name: string, occur: (page: Page) => Promise<void>): Scene => ({
  name: `problem-${name}`,
  open: async (page, language) => {
    await occur(page);
    await speak(page, language);
  },
});

async function speak(page: Page, language: Language): Promise<void> {
  await page.getByTestId(`language-${language}`).click();
  await expect(page.locator("html")).toHaveAttribute("lang", language);
}

/** All of them. */
export const SCENES: readonly Scene[] = [
  still("consent-known", { state: "awaiting_consent" }, true),
  still("prepare-resumed", challenged("blink")),
  camera("nobody", ready(), NOBODY, "camera.show_face"),
  camera("place", ready(), TOO_FAR, "camera.closer"),
  camera("turn", challenged("turn_left"), PERFORMING, "command.turn_left"),
  camera("mouth", challenged("open_mouth", 2), PERFORMING, "command.open_mouth"),
  camera("sending", challenged("blink", 2), "captured", "camera.sending"),
  still("failed", ready(["too_dark", "other_movement"])),
  still("failed-last", { ...ready(["static"]), run: 3, repeats_left: 0 }),
  still("waiting", { state: "waiting" }),
  brokenCamera("refused", "NotAllowedError", "trouble.refused"),
  brokenCamera("missing", "NotFoundError", "trouble.missing"),
  brokenCamera("busy", "NotReadableError", "trouble.busy"),
  left,
  ending("matched", "matched"),
  ending("not-matched", "not_matched"),
  ending("not-live", "not_live"),
  ending("no-reference", "no_reference"),
  ending("document-expired", "document_out_of_force", "expired"),
  ending("cancelled", "cancelled"),
  ending("expired", "expired"),
  document("consent", 0),
  document("liveness", 1),
  document("comparison", 2),
  problem("service-down", (page) => stageOutage(page, "service.try_later")),
  problem("unknown", openUnknown),
  problem("offline", (page) => stageOutage(page, "offline")),
];
