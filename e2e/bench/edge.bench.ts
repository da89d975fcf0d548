// Figures of the edge: processor time and latency of each kind of request beside a worker that does next to nothing, and sessions.
// A worker's own clock stands still while it computes, so the processor time is that of the workerd process.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { test, type APIRequestContext, type Browser } from "@playwright/test";
import type { Command } from "../puppet/motion.ts";
import { register } from "../support/bank.ts";
import { CAPTURE_TYPE, encodeCapture, type Frame, seal } from "../support/capture.ts";
import { HOME, TANU } from "../support/environment.ts";
import { bankSecret } from "../support/instance.ts";
import { type Authorization, authorization, CLIENT_ID } from "../support/oidc.ts";
import { CITIZEN } from "../support/people.ts";
import { Studio } from "../support/studio.ts";
import { Client, Session, type Times } from "./client.ts";
import { Usage } from "./cpu.ts";
import { figure, percentile, spread } from "./figures.ts";
import { Floor } from "./floor.ts";

/** Requests of one kind, of which the first half warms up: small ones, ones that make a session, ones with frames. */
const [SMALL, MADE, LARGE] = [4000, 600, 120];
/** Sessions that pass, and how many at a time: citizens take their time, the matcher's cores do not. */
const [PASSED, PASSING] = [9, 3];
/** Sessions that are refused, and how many at a time. */
const [REFUSED, REFUSING] = [400, 8];

const COMMANDS: readonly Command[] = ["turn_left", "turn_right", "look_up", "look_down", "blink", "open_mouth", "come_closer"];

test.skip(!existsSync("/proc/self/stat"), "processor time is read from /proc, which this system lacks");

test("processor time and latency of a request, beside the least that a worker can do", async ({ request, browser }) => {
  const floor = await Floor.start();
  try {
    const film = await filmed(browser, ["turn_left"]);
    const [edge, below] = [new Usage(join(HOME, "workerd/config.capnp")), new Usage(floor.config)];
    const [ours, theirs] = [new Client(TANU), new Client(floor.origin)];

    const addresses = await Promise.all(Array.from({ length: MADE }, async () => (await authorization(request)).url));
    const session = await Session.begin(ours, (await authorization(request)).url);
    await session.consent({ agreed: true, template: false, iin: "880229100014", language: "kk" });
    const { transaction, state } = await session.run(0);
    const step = state.step!;
    // Broken at its very end: all of it is read and hashed, and the step stays open.
    const capture = { ...seal(transaction, step.nonce, film.get("turn_left")!), head: transaction };
    const frames = { type: CAPTURE_TYPE, body: encodeCapture(capture) };
    figure("edge, size of a step's frames", frames.body.length / 1e6, "MB");
    const other = await Session.begin(new Client(TANU), (await authorization(request)).url);

    const kinds: { name: string; count: number; ours: (n: number) => Promise<unknown>; floor: (n: number) => Promise<unknown> }[] = [
      // The first: its step has a deadline.
      {
        name: "frames, refused",
        count: LARGE,
        ours: () => session.frames(step, frames, "frames, refused", 422),
        floor: () => theirs.send("frames, refused", "/made/0", 200, { ...frames, method: "PUT" }),
      },
      {
        name: "health",
        count: SMALL,
        ours: () => ours.send("health", "/healthz", 200),
        floor: () => theirs.send("health", "/constant", 200),
      },
      {
        name: "discovery",
        count: SMALL,
        ours: () => ours.send("discovery", "/.well-known/openid-configuration", 200),
        floor: () => theirs.send("discovery", "/constant", 200),
      },
      {
        name: "begin a session",
        count: MADE,
        ours: (n) => ours.send("begin a session", addresses[n], 303),
        floor: (n) => theirs.send("begin a session", `/made/${n}`, 200, { method: "POST", body: "x" }),
      },
      {
        name: "see a session",
        count: SMALL,
        ours: () => other.see(),
        floor: () => theirs.send("see a session", "/made/0", 200),
      },
    ];
    for (const { name, count, ...sides } of kinds) {
      const [mine, least] = [await cost(edge, sides.ours, count), await cost(below, sides.floor, count)];
      figure(`edge, ${name}: processor time`, mine.processor, "ms");
      figure(`edge, ${name}: processor time, floor`, least.processor, "ms");
      figure(`edge, ${name}: our own code`, mine.processor - least.processor, "ms");
      spread(`edge, ${name}`, mine.times);
      spread(`edge, ${name}, floor`, least.times);
    }
    for (const client of [ours, theirs, other.client]) client.close();
  } finally {
    await floor.stop();
  }
});

test("sessions that are refused, as many as go", async ({ request }) => {
  const [edge, matcher] = processes();
  const asked = await Promise.all(Array.from({ length: REFUSED }, () => authorization(request)));
  const times: Times = new Map();
  const before = [edge.milliseconds(), matcher.milliseconds()];
  const begun = performance.now();
  await atATime(REFUSING, asked, async ({ url }) => {
    const client = new Client(TANU, times);
    const session = await Session.begin(client, url);
    await session.see();
    await session.consent({ agreed: false, template: false, iin: null, language: "kk" });
    await session.goBack();
    client.close();
  });
  const seconds = (performance.now() - begun) / 1000;
  figure("refused sessions a second", REFUSED / seconds, "");
  figure("refused session: processor time of the edge", (edge.milliseconds() - before[0]) / REFUSED, "ms");
  figure("refused session: processor time of the matcher", (matcher.milliseconds() - before[1]) / REFUSED, "ms");
});

test("sessions that pass, with the matcher", async ({ request, browser }) => {
  const film = await filmed(browser, COMMANDS);
  const iin = await register(request, CITIZEN);
  const asked = await Promise.all(Array.from({ length: PASSED }, () => authorization(request)));
  const [edge, matcher] = processes();
  const times: Times = new Map();
  const before = [edge.milliseconds(), matcher.milliseconds()];
  await atATime(PASSING, asked, async (authorization) => {
    const client = new Client(TANU, times);
    await pass(client, authorization, iin, film);
    client.close();
  });
  const [atEdge, atMatcher] = [edge.milliseconds() - before[0], matcher.milliseconds() - before[1]];
  const requests = [...times.values()].reduce((sum, kind) => sum + kind.length, 0);
  figure("passed session: requests", requests / PASSED, "");
  figure("passed session: processor time of the edge", atEdge / PASSED, "ms");
  figure("passed session: processor time of the edge a request", atEdge / requests, "ms");
  figure("passed session: processor time of the matcher", atMatcher / PASSED, "ms");
  figure("passed sessions a second that one core of the edge carries", (1000 * PASSED) / atEdge, "");
  figure("passed sessions a second that one core of the matcher carries", (1000 * PASSED) / atMatcher, "");
  for (const [kind, values] of times) figure(`passed session, ${kind}, p50`, percentile(values, 0.5), "ms");
});

/** A session from its beginning to the relying party's tokens and result. */
async function pass(client: Client, asked: Authorization, iin: string, film: ReadonlyMap<Command, Frame[]>): Promise<void> {
  const session = await Session.begin(client, asked.url);
  await session.see();
  await session.consent({ agreed: true, template: true, iin, language: "kk" });
  let view = await session.run(0);
  while (view.state.state === "challenged") {
    const step = view.state.step!;
    const frames = film.get(step.command)!;
    // The frames' own times must fit into the time that passed since the step was shown.
    await new Promise((resolve) => setTimeout(resolve, frames.at(-1)!.t / 1000));
    const body = encodeCapture(seal(view.transaction, step.nonce, frames));
    view = await session.frames(step, { type: CAPTURE_TYPE, body });
  }
  if (view.state.ending !== "matched") throw new Error(`the session did not pass: ${JSON.stringify(view.state)}`);
  const code = (await session.goBack()).get("code");
  const form = { grant_type: "authorization_code", code: code!, redirect_uri: asked.redirectUri, code_verifier: asked.verifier };
  const headers = { authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${bankSecret()}`).toString("base64")}` };
  const type = "application/x-www-form-urlencoded";
  await client.send("tokens", "/oidc/token", 200, { method: "POST", type, headers, body: String(new URLSearchParams(form)) });
  await client.send("result", `/api/results/${session.id}`, 200, { headers });
}

/** Milliseconds of a process's time for a request, and those that each took, over the second half of `count`. */
async function cost(usage: Usage, send: (n: number) => Promise<unknown>, count: number): Promise<{ processor: number; times: number[] }> {
  const half = count / 2;
  for (let n = 0; n < half; n++) await send(n);
  const times: number[] = [];
  const before = usage.milliseconds();
  for (let n = half; n < count; n++) {
    const begun = performance.now();
    await send(n);
    times.push(performance.now() - begun);
  }
  return { processor: (usage.milliseconds() - before) / half, times };
}

/** Does the work for each item, so many at a time. */
async function atATime<T>(many: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: many }, worker));
}

async function filmed(browser: Browser, commands: readonly Command[]): Promise<Map<Command, Frame[]>> {
  const studio = await Studio.open(browser);
  const film = new Map<Command, Frame[]>();
  for (const command of commands) film.set(command, await studio.film(command));
  await studio.close();
  return film;
}

/** The edge's workerd and the matcher of the instance. */
const processes = () => [new Usage(join(HOME, "workerd/config.capnp")), new Usage(join(HOME, "config/matcher.toml"))];
