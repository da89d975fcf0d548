// A citizen in front of the pages: what they see and press, found by what is written there.

import { expect, type Locator, type Page } from "@playwright/test";
import { BANK } from "./environment.ts";
import { needsModels } from "./needs.ts";
import { type Authorization, authorization } from "./oidc.ts";
import type { SessionView, StepView } from "./session.ts";
import { type Language, pattern, text } from "./texts.ts";

/** How a session may end, as the headings say it. */
export type Ending =
  | "matched"
  | "not_matched"
  | "not_live"
  | "no_reference"
  | "refused"
  | "cancelled"
  | "expired"
  | "document_expired"
  | "document_lost"
  | "document_revoked"
  | "document_not_yet_valid";

/** One run needs some ten seconds of the citizen and as many of the matcher, and several times that on a busy machine. */
const RUN = 180_000;

/** The call that sends a step's frames. */
export const FRAMES = /\/api\/session\/[\w-]{22}\/run\/\d+\/step\/\d+$/;

export class Citizen {
  /** Where the browser was sent at the end. */
  returned: URL | undefined;

  constructor(
    readonly page: Page,
    readonly language: Language = "kk",
  ) {}

  /** Comes from a relying party with a proper request; the way back is noted at the relying party's door. */
  async arrive(options: { tanu?: string; bank?: string; change?: Record<string, string | undefined> } = {}): Promise<Authorization> {
    const asked = await authorization(this.page.request, { ui_locales: this.language, ...options.change }, options);
    // A redirect's target can't be routed elsewhere, so the bank answers too: it knows nothing of this sign-in and redeems nothing.
    const callback = `${options.bank ?? BANK}/callback`;
    this.page.on("request", (request) => {
      if (request.url().startsWith(callback)) this.returned = new URL(request.url());
    });
    await this.page.goto(asked.url);
    await this.speak();
    return asked;
  }

  /** Chooses the language. */
  async speak(language = this.language): Promise<void> {
    const html = this.page.locator("html");
    await expect(this.heading()).toBeVisible();
    if ((await html.getAttribute("lang")) === language) return;
    const name = { kk: "Қазақша", ru: "Русский", en: "English" }[language];
    await this.page.getByRole("button", { name }).or(this.page.getByRole("link", { name })).first().click();
    await expect(html).toHaveAttribute("lang", language);
  }

  text(key: string, gaps?: Record<string, string | number>): string {
    return text(this.language, key, gaps);
  }

  heading(key?: string): Locator {
    return this.page.getByRole("heading", { level: 1, ...(key ? { name: pattern(this.language, key) } : {}) });
  }

  button(key: string): Locator {
    return this.page.getByRole("button", { name: pattern(this.language, key) });
  }

  async sees(key: string, timeout?: number): Promise<void> {
    await expect(this.heading(key)).toBeVisible({ timeout });
  }

  /** Answers the question for consent. */
  async agree(iin: string, { template = true } = {}): Promise<void> {
    needsModels();
    await this.sees("consent.title");
    await this.page.getByLabel(this.text("consent.iin"), { exact: false }).first().fill(iin);
    await this.page.getByLabel(this.text("consent.template")).setChecked(template);
    await this.button("action.agree").click();
    await this.sees("prepare.title");
  }

  async refuse(): Promise<void> {
    needsModels();
    await this.sees("consent.title");
    await this.button("action.refuse").click();
  }

  /** Begins a run and waits until the camera is on. */
  async begin(): Promise<void> {
    await this.button("action.begin").click();
    await expect(this.camera()).toBeVisible();
  }

  camera(): Locator {
    return this.page.locator("video");
  }

  /** Waits until the session has ended, and so. A run that fails instead is said at once, as the citizen reads it. */
  async ends(ending: Ending, timeout = RUN): Promise<void> {
    const end = this.heading(`ending.${ending}`);
    const failed = this.heading("failed.title");
    await expect(end.or(failed)).toBeVisible({ timeout });
    if (await failed.isVisible()) throw new Error(`the run failed: ${await this.page.getByRole("main").innerText()}`);
  }

  /** Waits until a run has failed. */
  async failsOnce(): Promise<void> {
    await this.sees("failed.title", RUN);
  }

  async tryAgain(): Promise<void> {
    await this.button("action.try_again").click();
  }

  /** Presses whatever leads on, as often as there is something to press, until the session has ended so. */
  async goesOnTo(ending: Ending): Promise<void> {
    const result = this.page.getByTestId("result");
    const [begin, tryAgain, retry] = ["begin", "try-again", "retry"].map((id) => this.page.getByTestId(id));
    const next = begin.or(tryAgain).or(retry);
    for (let presses = 0; presses < 30; presses++) {
      await expect(result.or(next)).toBeVisible({ timeout: RUN });
      if (await result.isVisible()) break;
      // What leads on may be gone before it is pressed: the page goes on by itself too.
      await next.click({ timeout: 5_000 }).catch(() => undefined);
    }
    await this.sees(`ending.${ending}`);
  }

  /** Notes the steps that the edge shows to this page from now on; gives those noted so far. */
  notesSteps(): () => Promise<StepView[]> {
    const answers: Promise<SessionView | undefined>[] = [];
    this.page.on("response", (response) => {
      if (!/\/api\/session\/[\w-]{22}(\/run\/.*)?$/.test(response.url()) || !response.ok()) return;
      answers.push(response.json().catch(() => undefined) as Promise<SessionView | undefined>);
    });
    return async () => (await Promise.all(answers)).flatMap((view) => view?.state.step ?? []);
  }

  /** Goes back to the relying party. */
  async goesBack(): Promise<URL> {
    await this.page.getByRole("link", { name: pattern(this.language, "action.continue_to") }).click();
    await expect.poll(() => this.returned).toBeDefined();
    return this.returned!;
  }

  /** The session's id, from the address. */
  get id(): string {
    const id = /\/session\/([\w-]{22})/.exec(this.page.url())?.[1];
    if (!id) throw new Error(`${this.page.url()} is no session's page`);
    return id;
  }

  /** The session as the edge shows it to this browser. */
  async session(): Promise<SessionView> {
    const origin = new URL(this.page.url()).origin;
    return (await (await this.page.request.get(`${origin}/api/session/${this.id}`)).json()) as SessionView;
  }
}

/** The kinds of documents that a session has left, with the run of each document 1. */
export function documentsOf(view: SessionView): string[] {
  return view.documents.map(({ kind, run }) => (kind === "liveness" ? `liveness ${run}` : kind));
}
