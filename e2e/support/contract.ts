// The edge's OpenAPI document, held against what the edge really answers.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test as base, type APIRequestContext, type APIResponse } from "@playwright/test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { ROOT, TANU } from "./environment.ts";

type Responses = Record<string, { content?: Record<string, unknown> }>;
interface Description {
  paths: Record<string, Record<string, { responses: Responses }>>;
}

/** Where the documents are. */
export const DOCUMENTS = join(ROOT, "docs/openapi");
const METHODS = ["get", "post", "put", "delete", "patch", "head"] as const;
const PROBLEM = "application/problem+json";

const edge = JSON.parse(readFileSync(join(DOCUMENTS, "edge.json"), "utf8")) as Description;
// Strict mode objects to keywords of OpenAPI itself; formats such as `uint8` are limits that `maximum` states as well.
const ajv = addFormats.default(new Ajv2020({ strict: false, logger: false, allErrors: true })).addSchema(edge, "edge");
const addresses = Object.keys(edge.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

/** Playwright's test, whose `request` holds each answer of the edge to its document. */
export const test = base.extend({
  request: async ({ request }, use) => use(checking(request)),
});

function checking(request: APIRequestContext): APIRequestContext {
  return new Proxy(request, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== "function") return member;
      const method = METHODS.find((known) => known === name);
      if (!method) return member.bind(target) as unknown;
      return async (...call: Parameters<APIRequestContext["get"]>) => {
        const answer = await target[method](...call);
        await documented(method, answer);
        return answer;
      };
    },
  });
}

/** Throws where the edge answers with what its document does not say. */
async function documented(method: string, answer: APIResponse): Promise<void> {
  const url = new URL(answer.url());
  const path = addresses.find(({ pattern }) => pattern.test(url.pathname))?.path;
  if (url.origin !== TANU || method === "head" || path === undefined) return;
  const operation = edge.paths[path][method];
  const [type] = (answer.headers()["content-type"] ?? "").split(";");
  const wrong = (why: string) => new Error(`${method} ${url.pathname} answered ${answer.status()} ${type}: ${why}`);
  if (!operation) {
    if (answer.status() === 405 && type === PROBLEM) return;
    throw wrong("the document knows no such method");
  }
  const response = operation.responses[answer.status()];
  if (!response) throw wrong("the document knows no such status");
  if (!response.content) return;
  if (!(type in response.content)) throw wrong(`the document knows ${Object.keys(response.content).join(", ")}`);
  const body = type.endsWith("json") ? ((await answer.json()) as unknown) : await answer.text();
  const schema = schemaOf("paths", path, method, "responses", `${answer.status()}`, "content", type, "schema");
  // The errors name places and rules, not values: an answer may hold what no log may.
  if (!schema(body)) throw wrong(ajv.errorsText(schema.errors));
}

function schemaOf(...place: string[]): ValidateFunction {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const reference = `edge#/${pointer}`;
  return ajv.getSchema(reference) ?? ajv.compile({ $ref: reference });
}
