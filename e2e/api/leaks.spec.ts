// What is personal or secret stands in no log, no address and no answer but the documents that must carry it.

import { createPrivateKey } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test, type APIResponse } from "@playwright/test";
import { register } from "../support/bank.ts";
import { encodeCapture } from "../support/capture.ts";
import { facesMissing } from "../support/environment.ts";
import { withWrongCheckDigit } from "../support/iin.ts";
import { Instance } from "../support/instance.ts";
import { exchange } from "../support/oidc.ts";
import { CITIZEN } from "../support/people.ts";
import { answerRun } from "../support/run.ts";
import { ApiSession } from "../support/session.ts";
import { Studio } from "../support/studio.ts";

/** What is secret of a key in its file: of a pair its private number, for what stands around that is the same for every pair. */
function secretOf(file: string): Buffer {
  if (!file.startsWith("-----BEGIN")) return Buffer.from(file.trim(), "base64");
  const { d } = createPrivateKey(file).export({ format: "jwk" });
  if (!d) throw new Error("a private key without a private number");
  return Buffer.from(d, "base64url");
}

/** The ways in which bytes may stand in a text. In base64 they look different by where in their surroundings they begin. */
function writtenAs(bytes: Buffer): Record<string, string> {
  const forms: Record<string, string> = { hexadecimal: bytes.toString("hex") };
  for (const encoding of ["base64", "base64url"] as const) {
    for (const before of [0, 1, 2]) {
      const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
      // The first and the last characters hold bits of what is around.
      forms[`${encoding} after ${before}`] = text.slice(before && before + 1, -4);
    }
  }
  return forms;
}

test("a passed session and a dozen mistakes leave nothing personal in logs and answers", async ({ browser, playwright }) => {
  const missing = facesMissing();
  test.skip(missing !== undefined, missing);
  test.setTimeout(240_000);
  const instance = await Instance.start();
  const request = await playwright.request.newContext();
  try {
    const iin = await register(request, CITIZEN, instance);
    const wrong = withWrongCheckDigit(iin);
    const answers: string[] = [];
    const keep = async (answer: APIResponse) => answers.push(`${answer.url()} ${JSON.stringify(answer.headers())} ${await answer.text()}`);

    const session = await ApiSession.open(request, instance);
    for (const body of [wrong, iin.slice(1), `${iin}1`]) {
      await keep(await request.post(session.url("/consent"), { data: { agreed: true, template: true, iin: body, language: "kk" } }));
    }
    await session.consent({ agreed: true, template: true, iin, language: "kk" });
    const studio = await Studio.open(browser);
    const { view, step } = await session.begin(0);
    const frames = await studio.film(step.command);
    const capture = session.seal(view.transaction, step, frames);
    await keep(await session.put(step, encodeCapture({ ...capture, head: view.transaction })));
    await keep(await session.put(step, encodeCapture({ ...capture, nonce: view.transaction })));
    await keep(await session.put(step, encodeCapture(capture).subarray(0, 50_000)));
    const ended = await answerRun(session, studio, 0);
    expect(ended.state).toMatchObject({ state: "ended", ending: "matched" });
    await keep(await request.get(session.url()));
    const back = await request.get(`${instance.tanu}/return/${session.id}`, { maxRedirects: 0 });
    await keep(back);
    const code = new URL(back.headers().location).searchParams.get("code")!;
    await keep(await exchange(request, code, session.authorization, {}, { tanu: instance.tanu }));
    await keep(await exchange(request, code, session.authorization, {}, { tanu: instance.tanu }));
    await studio.close();

    const log = instance.log;
    const picture = Buffer.from(frames[5].j);
    const secrets: Record<string, string> = {
      "the IIN": iin,
      "the mistyped IIN": wrong,
      "a frame in base64": picture.subarray(300, 360).toString("base64").slice(2, -4),
      "a frame in base64url": picture.subarray(300, 360).toString("base64url").slice(2, -4),
      "a frame in hexadecimal": picture.subarray(300, 330).toString("hex"),
    };
    for (const name of readdirSync(join(instance.home, "keys"))) {
      if (/\.(pub|crt|chain)\.pem$/.test(name)) continue;
      const key = secretOf(readFileSync(join(instance.home, "keys", name), "utf8"));
      for (const [form, text] of Object.entries(writtenAs(key))) secrets[`the key ${name} in ${form}`] = text;
    }
    expect(Object.keys(secrets).filter((what) => what.startsWith("the key")).length).toBeGreaterThan(0);
    for (const [what, secret] of Object.entries(secrets)) {
      expect(log.includes(secret), `${what} stands in a log`).toBe(false);
      for (const answer of answers) expect(answer.includes(secret), `${what} stands in ${answer.slice(0, 120)}`).toBe(false);
    }
    expect(log.includes(step.nonce), "a nonce stands in a log").toBe(false);
    expect(log.includes(code), "a code stands in a log").toBe(false);
    // An embedding would be hundreds of numbers in a row.
    const embedding = /(-?\d\.\d+(e-?\d+)?,\s*){16}/;
    expect(log).not.toMatch(embedding);
    for (const answer of answers) expect(answer).not.toMatch(embedding);
  } finally {
    await instance.stop();
    await request.dispose();
  }
});
