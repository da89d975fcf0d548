// The signed documents of a session.

import { createHash, X509Certificate } from "node:crypto";
import { expect } from "@playwright/test";
import { compactVerify } from "jose";
import type { APIRequestContext } from "@playwright/test";
import { homeFile } from "./environment.ts";
import type { DocumentRef } from "./session.ts";

/** What a document says. */
export type Content = Record<string, unknown>;

export interface Opened extends DocumentRef {
  readonly content: Content;
}

/** Fetches the session's documents and checks hash, certificate and signature of each. */
export async function openDocuments(request: APIRequestContext, tanu: string, session: string): Promise<Opened[]> {
  const answer = await request.get(`${tanu}/api/session/${session}/documents`);
  expect(answer.ok(), await answer.text()).toBe(true);
  const documents = (await answer.json()) as (DocumentRef & { jws: string })[];
  return Promise.all(
    documents.map(async ({ jws, ...reference }) => {
      expect(createHash("sha256").update(jws).digest("base64url")).toBe(reference.sha256);
      const header = JSON.parse(Buffer.from(jws.split(".")[0], "base64url").toString()) as { x5c?: string[]; alg: string };
      expect(header.alg).toBe("ES256");
      if (header.x5c) {
        const [leaf] = header.x5c.map((der) => new X509Certificate(Buffer.from(der, "base64")));
        const authority = new X509Certificate(homeFile("keys/ca.crt.pem"));
        expect(leaf.checkIssued(authority)).toBe(true);
        await compactVerify(jws, leaf.publicKey);
      }
      const content = JSON.parse(Buffer.from(jws.split(".")[1], "base64url").toString()) as Content;
      return { ...reference, content };
    }),
  );
}
