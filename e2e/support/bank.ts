// The demo bank of the test environment: making test citizens, and what its pages say.

import { readFileSync } from "node:fs";
import { expect, type APIRequestContext, type Page } from "@playwright/test";
import { BANK } from "./environment.ts";
import { syntheticIin } from "./iin.ts";
import type { Person } from "./people.ts";
import type { Language } from "./texts.ts";

/** The identity document of a test citizen. */
export interface IdentityDocument {
  status?: "valid" | "lost" | "revoked";
  issuedOn?: string;
  validUntil?: string;
}

/** Makes a test citizen with the person's reference photo; gives the number. */
export async function register(
  request: APIRequestContext,
  person: Person,
  { bank = BANK } = {},
  { status = "valid", issuedOn = "2020-01-01", validUntil = "2099-12-31" }: IdentityDocument = {},
): Promise<string> {
  const iin = syntheticIin();
  const answer = await request.post(`${bank}/citizens`, {
    maxRedirects: 0,
    headers: { origin: bank },
    multipart: {
      iin,
      name: `Test ${iin.slice(6)}`,
      photo: { name: "photo.jpg", mimeType: "image/jpeg", buffer: readFileSync(person.reference) },
      kind: "identity_card",
      number: "012345678",
      issued_on: issuedOn,
      valid_until: validUntil,
      status,
    },
  });
  expect(answer.status(), (await answer.text()).slice(0, 2000)).toBe(303);
  return iin;
}

/** Begins a sign-in at the bank for somebody who types the IIN at Tanu; gives the address to which the browser is sent. */
export async function beginSignIn(request: APIRequestContext, bank = BANK): Promise<URL> {
  const answer = await request.post(`${bank}/sign-in`, { maxRedirects: 0, headers: { origin: bank }, form: {} });
  expect(answer.status(), (await answer.text()).slice(0, 2000)).toBe(303);
  return new URL(answer.headers().location);
}

/** Chooses the language of the bank's pages. */
export async function speakAtBank(page: Page, language: Language, bank = BANK): Promise<void> {
  await page.goto(`${bank}/language/${language}?next=/`);
  await expect(page.locator("html")).toHaveAttribute("lang", language);
}
