// The OpenAPI documents: valid by OpenAPI's own schema, and the edge's where everybody finds it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { DOCUMENTS, test } from "../support/contract.ts";
import { TANU } from "../support/environment.ts";
import { needsModels } from "../support/needs.ts";

for (const name of ["edge", "matcher", "sandbox"]) {
  test(`the document of ${name} is OpenAPI 3.1`, async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(join(DOCUMENTS, `${name}.json`));
    expect(valid, JSON.stringify(errors)).toBe(true);
    expect(validator.version).toBe("3.1");
  });
}

test("the edge serves its own document, and caches may keep it", async ({ request }) => {
  const answer = await request.get(`${TANU}/api/openapi.json`);
  expect(answer.headers()).toMatchObject({ "content-type": "application/json", "cache-control": "public, max-age=300" });
  expect(await answer.json()).toEqual(JSON.parse(readFileSync(join(DOCUMENTS, "edge.json"), "utf8")));
});

test("what is the same for everybody is what the document says", async ({ request }) => {
  needsModels();
  for (const path of [
    "/healthz",
    "/.well-known/openid-configuration",
    "/oidc/jwks",
    "/api/evidence-keys",
    "/api/register/checkpoint",
  ]) {
    expect((await request.get(`${TANU}${path}`)).status(), path).toBe(200);
  }
  for (const [path, status] of [
    ["/api/register/inclusion", 400],
    [`/api/register/inclusion?document=${"A".repeat(43)}`, 404],
    ["/api/register/consistency?from=-1", 400],
    ["/oidc/userinfo", 401],
    ["/oidc/authorize", 400],
  ] as const) {
    expect((await request.get(`${TANU}${path}`)).status(), path).toBe(status);
  }
});
