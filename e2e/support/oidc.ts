// The relying party's side of OpenID Connect, by hand: enough to begin a session and to make every mistake in ending one.

import { createHash, randomBytes } from "node:crypto";
import type { APIRequestContext, APIResponse } from "@playwright/test";
import { BANK, TANU } from "./environment.ts";
import { bankSecret } from "./instance.ts";

export const CLIENT_ID = "demo-bank";

export interface Endpoints {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly [name: string]: unknown;
}

export async function discover(request: APIRequestContext, tanu = TANU): Promise<Endpoints> {
  const answer = await request.get(`${tanu}/.well-known/openid-configuration`);
  return (await answer.json()) as Endpoints;
}

/** A request for authorization, with what the relying party keeps to itself. */
export interface Authorization {
  readonly url: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
}

/** Makes a request for authorization; `change` puts other values in the place of the right ones, or takes them away. */
export async function authorization(
  request: APIRequestContext,
  change: Record<string, string | undefined> = {},
  { tanu = TANU, bank = BANK } = {},
): Promise<Authorization> {
  const { authorization_endpoint } = await discover(request, tanu);
  const [state, nonce, verifier] = [16, 16, 32].map((length) => randomBytes(length).toString("base64url"));
  const redirectUri = `${bank}/callback`;
  const parameters: Record<string, string | undefined> = {
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: redirectUri,
    scope: "openid",
    state,
    nonce,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...change,
  };
  const url = new URL(authorization_endpoint);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return { url: url.href, state, nonce, verifier, redirectUri };
}

/** Exchanges a code; `change` puts other values in the place of the right ones. */
export async function exchange(
  request: APIRequestContext,
  code: string,
  { verifier, redirectUri }: Authorization,
  change: Record<string, string> = {},
  { tanu = TANU, secret = bankSecret() } = {},
): Promise<APIResponse> {
  const { token_endpoint } = await discover(request, tanu);
  const form = { grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: verifier, ...change };
  const basic = Buffer.from(`${CLIENT_ID}:${secret}`).toString("base64");
  return request.post(token_endpoint, { form, headers: { authorization: `Basic ${basic}` } });
}
