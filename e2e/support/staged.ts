// Pages without what stands behind them: a session as the edge would show it, so that every state can be looked at.

import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import type { Command } from "../puppet/motion.ts";
import { TANU } from "./environment.ts";
import type { DocumentRef } from "./session.ts";
import type { Language } from "./texts.ts";

/** A session in some state. Times are of the past: a staged session's clock stands still. */
export interface Scene {
  /** `StateView` of `protocol`. */
  readonly state: Readonly<Record<string, unknown>>;
  readonly documents?: readonly StagedDocument[];
  /** What the session's address says after its path. */
  readonly query?: string;
  readonly personKnown?: boolean;
  readonly language?: Language;
}

/** A document with its contents, signed by nobody. */
export interface StagedDocument extends DocumentRef {
  readonly jws: string;
}

/** The session's id: 16 bytes of zeros. */
const ID = "A".repeat(22);
const TRANSACTION = "A".repeat(43);
const NOW = Date.parse("2026-11-21T11:00:00Z");
const BANK = {
  client_id: "demo-bank",
  bin: "490140000012",
  name: { kk: "«Үлгі» банкі", ru: "Банк «Үлгі»", en: "Ülgi Bank" },
};
const MODELS = [TRANSACTION];
const COMMANDS = ["turn_left", "blink", "come_closer"] as const;

/** The state in which a step waits for its frames. */
export const challenged = (command: Command, step = 1) => ({
  state: "challenged",
  step: { run: 0, step, of: 3, command, nonce: TRANSACTION, deadline: moment(60) },
  repeats_left: 3,
});

/** The state in which a run may be begun. */
export const ready = (mismatches: readonly string[] = []) => ({
  state: "ready",
  run: mismatches.length ? 1 : 0,
  repeats_left: mismatches.length ? 2 : 3,
  mismatches,
});

/** The session has ended. */
export const ended = (ending: string, why?: string) => ({ state: "ended", ending, ...(why && { why }) });

/** Opens a session's page on a staged session. */
export async function stage(page: Page, scene: Scene): Promise<void> {
  await page.route("**/api/session/**", async (route) => {
    const request = route.request();
    // Frames are on their way for as long as the page is looked at.
    if (request.method() === "PUT") return;
    await route.fulfill({ json: request.url().endsWith("/documents") ? (scene.documents ?? []) : view(scene) });
  });
  await page.goto(`${TANU}/session/${ID}${scene.query ?? ""}`);
}

/** Opens a session that the edge does not know. */
export async function openUnknown(page: Page): Promise<void> {
  await page.goto(`${TANU}/session/${ID}`);
}

/** Opens a session while the edge can't be reached, or says that a service behind it can't. */
export async function stageOutage(page: Page, outage: "offline" | "service.try_later"): Promise<void> {
  await page.route("**/api/session/**", async (route) => {
    if (outage === "offline") return route.abort("internetdisconnected");
    // The texts of `protocol/src/problem.rs`.
    const title = {
      kk: "Қызмет уақытша қолжетімсіз.",
      ru: "Сервис временно недоступен.",
      en: "A service is not available at the moment.",
    };
    const remedy = {
      kk: "Бірнеше минуттан кейін қайталаңыз: енгізілгеннің бәрі сақталған.",
      ru: "Попробуйте через несколько минут: всё введённое сохранено.",
      en: "Try again in a few minutes: nothing you entered is lost.",
    };
    await route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      body: JSON.stringify({ type: `/problems#${outage}`, code: outage, status: 503, title, remedy }),
    });
  });
  await page.goto(`${TANU}/session/${ID}`);
}

function view({ state, documents = [], personKnown = false, language }: Scene) {
  return {
    id: ID,
    transaction: TRANSACTION,
    request: {
      relying_party: BANK.name,
      bin: BANK.bin,
      purpose: { kk: "Шот ашу", ru: "Открытие счёта", en: "Opening an account" },
      data: ["face", "iin", "identity_document", "evidence"],
      retention_days: 30,
      user_agreement: "https://bank.example/agreement",
      privacy_policy: "https://bank.example/privacy",
      person_known: personKnown,
    },
    now: moment(0),
    // A page that takes some seconds to appear still says fourteen minutes.
    expires_at: moment(890),
    ...(language && { language }),
    state,
    virtual_cameras: true,
    documents: documents.map(({ jws: _, ...reference }) => reference),
  };
}

const moment = (seconds: number) => new Date(NOW + 1000 * seconds).toISOString();

/** What became of a run: of the one with that number, or of none where it was never begun. */
interface Run {
  readonly run: number | null;
  readonly result: "passed" | "failed" | "not_completed";
}

/** What a session that ended so went through: its runs, and its comparison where it came to one. */
interface Course {
  readonly runs: readonly Run[];
  readonly comparison?: { readonly result: string; readonly why?: string; readonly similarity: number | null };
}

const LIVE: readonly Run[] = [{ run: 0, result: "passed" }];
const COURSES: Readonly<Record<string, Course>> = {
  matched: { runs: LIVE, comparison: { result: "matched", similarity: 0.625 } },
  not_matched: { runs: LIVE, comparison: { result: "not_matched", similarity: 0.114 } },
  no_reference: { runs: LIVE, comparison: { result: "no_reference", similarity: null } },
  document_out_of_force: { runs: LIVE, comparison: { result: "document_out_of_force", why: "expired", similarity: null } },
  not_live: { runs: [0, 1, 2, 3].map((run) => ({ run, result: "failed" })) },
  cancelled: { runs: [{ run: null, result: "not_completed" }] },
};

/** The documents of a session that ended so after consent, with that JPEG as every picture. */
export function documents(jpeg: Buffer, ending = "matched"): StagedDocument[] {
  const course = COURSES[ending];
  if (!course) throw new Error(`no course of a session is staged that ends as ${ending}`);
  const picture = (sequence: number) => ({ sequence, time_us: 700_000 * sequence, jpeg: jpeg.toString("base64") });
  const common = {
    session: ID,
    transaction: TRANSACTION,
    person: "880229100014",
    customer: BANK,
    at: moment(0),
    rule_set: "NBS 225/2026-04-30; BNK 56/2024-08-16",
  };
  const consent = staged("consent", null, {
    ...common,
    purpose: { kk: "Шот ашу", ru: "Открытие счёта", en: "Opening an account" },
    data: ["face", "iin"],
    retention_days: 30,
    template: true,
    language: "kk",
    agreed: true,
  });
  const liveness = ({ run, result }: Run) => {
    const mismatches = result === "failed" ? ["not_performed"] : [];
    const commands = run === null ? [] : COMMANDS;
    // A mismatch ends the run.
    const shown = commands.slice(0, result === "passed" ? commands.length : 1);
    return staged("liveness", run, {
      ...common,
      run,
      result,
      mismatches,
      ended: result === "not_completed" ? { ending } : null,
      commands,
      steps: shown.map((command, step) => ({
        index: { run, step },
        command,
        issued_at: moment(-30),
        received_at: moment(-20),
        mismatches,
        frames: 42,
        head: null,
        images: [1, 2, 3].map(picture),
      })),
      passive: 0.93,
      identity: null,
      policy: "tanu-liveness/1",
      models: MODELS,
    });
  };
  const { runs, comparison } = course;
  const valid_until = comparison?.why === "expired" ? "2026-01-02" : "2030-01-02";
  const compared = () =>
    staged("comparison", null, {
      ...common,
      current_image: picture(1),
      ...comparison,
      threshold: 0.325,
      comparison: "primary",
      database: "Жеке тұлғалар",
      document: { kind: "identity_card", number: "*****1234", issued_on: "2020-01-03", valid_until, status: "valid" },
      photo: null,
      liveness_document: TRANSACTION,
      models: MODELS,
    });
  return [consent, ...runs.map(liveness), ...(comparison ? [compared()] : [])];
}

function staged(kind: DocumentRef["kind"], run: number | null, content: unknown): StagedDocument {
  const jws = `e30.${Buffer.from(JSON.stringify(content)).toString("base64url")}.x`;
  return { kind, run, sha256: createHash("sha256").update(jws).digest("base64url"), at: moment(0), jws };
}
