// A citizen's session over the API, without a page.

import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import type { Command } from "../puppet/motion.ts";
import { type Capture, CAPTURE_TYPE, encodeCapture, type Frame, seal } from "./capture.ts";
import { BANK, TANU } from "./environment.ts";
import { needsModels } from "./needs.ts";
import { type Authorization, authorization } from "./oidc.ts";
import type { Language } from "./texts.ts";

export interface StepView {
  run: number;
  step: number;
  of: number;
  command: Command;
  nonce: string;
  deadline: string;
}

export interface DocumentRef {
  kind: "consent" | "liveness" | "comparison";
  run: number | null;
  sha256: string;
  at: string;
}

export interface SessionView {
  id: string;
  transaction: string;
  now: string;
  expires_at: string;
  language?: Language;
  state: { state: string; step?: StepView; run?: number; repeats_left?: number; mismatches?: string[]; ending?: string; why?: string };
  documents: DocumentRef[];
}

export interface Problem {
  type: string;
  code: string;
  status: number;
  title: Record<"kk" | "ru" | "en", string>;
  remedy: Record<"kk" | "ru" | "en", string>;
  clause?: string;
}

export class ApiSession {
  #authorization: Authorization | undefined;

  private constructor(
    readonly request: APIRequestContext,
    readonly id: string,
    readonly tanu: string,
  ) {}

  /** Begins a session as a browser that comes from the demo bank. The request context keeps the session's cookie. */
  static async open(request: APIRequestContext, { tanu = TANU, bank = BANK } = {}): Promise<ApiSession> {
    const asked = await authorization(request, {}, { tanu, bank });
    const session = await ApiSession.at(request, asked.url);
    session.#authorization = asked;
    return session;
  }

  /** Begins a session from the address that a relying party sends the browser to. */
  static async at(request: APIRequestContext, url: string): Promise<ApiSession> {
    const answer = await request.get(url, { maxRedirects: 0 });
    expect([302, 303], await answer.text()).toContain(answer.status());
    const id = /\/session\/([\w-]{22})/.exec(answer.headers().location)?.[1];
    if (!id) throw new Error(`no session in ${answer.headers().location}`);
    return new ApiSession(request, id, new URL(url).origin);
  }

  /** What the relying party keeps, where the session was begun by {@link open}. */
  get authorization(): Authorization {
    if (!this.#authorization) throw new Error("another client began this session");
    return this.#authorization;
  }

  /** Begins a session and agrees. */
  static async agreed(request: APIRequestContext, iin: string, options: { tanu?: string; bank?: string } = {}): Promise<ApiSession> {
    const session = await ApiSession.open(request, options);
    await session.consent({ agreed: true, template: true, iin, language: "kk" });
    return session;
  }

  url(path = ""): string {
    return `${this.tanu}/api/session/${this.id}${path}`;
  }

  async view(): Promise<SessionView> {
    return view(await this.request.get(this.url()));
  }

  async consent(answer: unknown): Promise<SessionView> {
    needsModels();
    return view(await this.request.post(this.url("/consent"), { data: answer }));
  }

  /** Begins a run and gives its first step. */
  async begin(run: number): Promise<{ view: SessionView; step: StepView }> {
    const begun = await view(await this.request.post(this.url(`/run/${run}`)));
    const { step } = begun.state;
    if (!step) throw new Error(`the run was not begun: ${JSON.stringify(begun.state)}`);
    return { view: begun, step };
  }

  /** Sends a body for a step, whatever it is. */
  put({ run, step }: { run: number; step: number }, body: Uint8Array, type = CAPTURE_TYPE): Promise<APIResponse> {
    return this.request.put(this.url(`/run/${run}/step/${step}`), {
      data: Buffer.from(body),
      headers: { "content-type": type },
    });
  }

  /** Sends frames for a step, properly sealed. */
  async answer(transaction: string, step: StepView, frames: Frame[]): Promise<SessionView> {
    return view(await this.put(step, encodeCapture(this.seal(transaction, step, frames))));
  }

  seal(transaction: string, step: StepView, frames: Frame[]): Capture {
    return seal(transaction, step.nonce, frames);
  }
}

async function view(answer: APIResponse): Promise<SessionView> {
  if (!answer.ok()) throw new Error(`${answer.url()} answered ${answer.status()}: ${await answer.text()}`);
  return (await answer.json()) as SessionView;
}

/** Checks that an answer is a problem of that code, with a remedy in each language, and that it repeats nothing secret. */
export async function expectProblem(answer: APIResponse, ...codes: string[]): Promise<Problem> {
  const body = await answer.text();
  expect(answer.headers()["content-type"], body).toContain("application/problem+json");
  const problem = JSON.parse(body) as Problem;
  expect(codes).toContain(problem.code);
  expect(problem.status).toBe(answer.status());
  for (const language of ["kk", "ru", "en"] as const) {
    expect(problem.title[language]).toBeTruthy();
    expect(problem.remedy[language]).toBeTruthy();
  }
  return problem;
}
