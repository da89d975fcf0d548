// Frames that are not what was asked for: each is refused for its reason, and the step stays open for the right ones.

import { expect } from "@playwright/test";
import { type Capture, encode, encodeCapture, type Frame, framesOf, seal } from "../support/capture.ts";
import { test } from "../support/contract.ts";
import { facesMissing, TANU } from "../support/environment.ts";
import { syntheticIin } from "../support/iin.ts";
import { bankSecret } from "../support/instance.ts";
import { CLIENT_ID } from "../support/oidc.ts";
import { filmed } from "../support/run.ts";
import { ApiSession, expectProblem, type SessionView, type StepView } from "../support/session.ts";
import { Studio } from "../support/studio.ts";

/** Something that looks like JPEG to those who look at the first bytes only. */
const picture = (seed: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(600, seed)]);
const frames = (count: number): Frame[] => framesOf(Array.from({ length: count }, (_, n) => picture(n)));

const cases: {
  name: string;
  code: string;
  body: (transaction: string, step: StepView) => Buffer;
}[] = [
  { name: "nothing", code: "capture.malformed", body: () => Buffer.alloc(0) },
  { name: "no CBOR", code: "capture.malformed", body: () => Buffer.from("not CBOR") },
  { name: "CBOR of another shape", code: "capture.malformed", body: () => encode({ nonce: 7 }) },
  {
    name: "truncated",
    code: "capture.malformed",
    body: (transaction, { nonce }) => encodeCapture(seal(transaction, nonce, frames(10))).subarray(0, -40),
  },
  {
    name: "more than a capture may have",
    code: "request.too_large",
    body: () => Buffer.alloc(6 * 1024 * 1024 + 1, 0x61),
  },
  {
    name: "no frames",
    code: "capture.malformed",
    body: (transaction, { nonce }) => encodeCapture(seal(transaction, nonce, [])),
  },
  {
    name: "too many frames",
    code: "capture.malformed",
    body: (transaction, { nonce }) => encodeCapture(seal(transaction, nonce, frames(97))),
  },
  {
    name: "a frame that is too large",
    code: "capture.malformed",
    body: (transaction, { nonce }) =>
      encodeCapture(seal(transaction, nonce, framesOf([picture(1), Buffer.alloc(256 * 1024 + 1)]))),
  },
  {
    name: "the nonce of another step",
    code: "capture.wrong_nonce",
    body: (transaction) => encodeCapture(seal(transaction, Buffer.alloc(32, 7).toString("base64url"), frames(10))),
  },
  {
    name: "the transaction of another session",
    code: "capture.broken_chain",
    body: (_, { nonce }) => encodeCapture(seal(Buffer.alloc(32, 7).toString("base64url"), nonce, frames(10))),
  },
  { name: "an altered frame", code: "capture.broken_chain", body: altered((capture) => (capture.frames[3].j[300] ^= 1)) },
  { name: "an altered time", code: "capture.broken_chain", body: altered((capture) => (capture.frames[3].t += 1)) },
  {
    name: "a frame left out",
    code: "capture.broken_chain",
    body: altered((capture) => {
      capture.frames.splice(3, 1);
      capture.frames.forEach((frame, n) => (frame.n = n));
    }),
  },
  {
    name: "two frames exchanged",
    code: "capture.broken_chain",
    body: altered(({ frames }) => ([frames[3].j, frames[4].j] = [frames[4].j, frames[3].j])),
  },
  {
    name: "frames out of order",
    code: "capture.broken_chain",
    body: (transaction, { nonce }) => {
      const shuffled = frames(10);
      [shuffled[3], shuffled[4]] = [shuffled[4], shuffled[3]];
      return encodeCapture(seal(transaction, nonce, shuffled));
    },
  },
  {
    name: "the same picture twice",
    code: "capture.broken_chain",
    body: (transaction, { nonce }) => {
      const doubled = frames(10);
      doubled[4] = { ...doubled[4], j: doubled[3].j };
      return encodeCapture(seal(transaction, nonce, doubled));
    },
  },
];

function altered(change: (capture: Capture) => unknown) {
  return (transaction: string, { nonce }: StepView) => {
    const capture = seal(transaction, nonce, frames(10));
    change(capture);
    return encodeCapture(capture);
  };
}

test("bnk_7_substituted_frames_are_refused_and_the_step_stays_open", async ({ request }) => {
  const session = await ApiSession.agreed(request, syntheticIin());
  const { view, step } = await session.begin(0);
  for (const { name, code, body } of cases) {
    await test.step(name, async () => {
      const problem = await expectProblem(await session.put(step, body(view.transaction, step)), code);
      expect(JSON.stringify(problem)).not.toContain(step.nonce);
    });
  }
  await test.step("another media type", async () => {
    const body = encodeCapture(seal(view.transaction, step.nonce, frames(10)));
    await expectProblem(await session.put(step, body, "application/json"), "request.unsupported_type");
  });
  await test.step("a step that is not shown", async () => {
    const body = encodeCapture(seal(view.transaction, step.nonce, frames(10)));
    await expectProblem(await session.put({ run: 0, step: 1 }, body), "session.state");
    await expectProblem(await session.put({ run: 1, step: 0 }, body), "session.state");
  });
  expect((await session.view()).state).toMatchObject({ state: "challenged", step });
});

test("bnk_7_frames_that_are_no_pictures_are_refused_and_the_step_stays_open", async ({ request }) => {
  const session = await ApiSession.agreed(request, syntheticIin());
  const { view, step } = await session.begin(0);
  const zeros = framesOf(Array.from({ length: 10 }, (_, n) => Buffer.alloc(600 + n)));
  const ahead = frames(10).map((frame) => ({ ...frame, t: frame.t + 3_600_000_000 }));
  for (const [name, sent, code] of [
    ["nothing of a picture", zeros, "capture.malformed"],
    ["what only begins like one", frames(10), "capture.malformed"],
    ["pictures taken after they arrived", ahead, "capture.broken_chain"],
  ] as const) {
    await test.step(name, async () => {
      await expectProblem(await session.put(step, encodeCapture(seal(view.transaction, step.nonce, sent))), code);
      expect(await session.view()).toMatchObject({ state: { state: "challenged", step }, documents: view.documents });
    });
  }
});

test("frames are taken once: again they change nothing, others in their place are refused", async ({ request, browser }) => {
  const missing = facesMissing();
  test.skip(missing !== undefined, missing);
  const studio = await Studio.open(browser);
  const session = await ApiSession.agreed(request, syntheticIin());
  const { view, step } = await session.begin(0);
  const body = encodeCapture(session.seal(view.transaction, step, await studio.film(step.command)));
  const [first, second] = await Promise.all([session.put(step, body), session.put(step, body)]);
  expect([first.status(), second.status()]).toEqual([200, 200]);
  const after = await session.view();
  // Judged at once, each would have drawn a next step of its own.
  for (const answer of [first, second]) expect(((await answer.json()) as SessionView).state).toEqual(after.state);
  expect((await (await session.put(step, body)).json()) as unknown).toMatchObject({ state: after.state });
  const other = encodeCapture(session.seal(view.transaction, step, await studio.film(step.command)));
  await expectProblem(await session.put(step, other), "session.conflict", "capture.wrong_nonce", "session.state");
  const next = after.state.step;
  if (next && next.step > step.step) {
    await expectProblem(await session.put(next, body), "capture.wrong_nonce");
  }
  expect(await session.view()).toMatchObject({ state: after.state, documents: after.documents });
  await studio.close();
});

test("whoever breaks off while the last frames are on their way gets one end, the same for everybody", async ({ request, browser }) => {
  const missing = facesMissing();
  test.skip(missing !== undefined, missing);
  const studio = await Studio.open(browser);
  const session = await ApiSession.agreed(request, syntheticIin());
  let { view, step } = await session.begin(0);
  while (step.step + 1 < step.of) {
    view = await session.answer(view.transaction, step, await filmed(studio, step));
    expect(view.state.mismatches, step.command).toBeUndefined();
    step = view.state.step!;
  }
  const body = encodeCapture(session.seal(view.transaction, step, await filmed(studio, step)));
  await studio.close();
  const cancel = () => request.post(session.url("/cancel"));
  const answers = await Promise.all([session.put(step, body), cancel()]);
  const end = (await session.view()).state;
  expect(end.state).toBe("ended");
  const later = [await session.put(step, body), await cancel(), await request.post(session.url("/retry"))];
  for (const answer of [...answers, ...later]) {
    expect(answer.status(), await answer.text()).toBe(200);
    expect(((await answer.json()) as SessionView).state).toEqual(end);
  }
  // What was broken off before the comparison was begun is not compared, and what was compared is not taken back.
  const compared = (await session.view()).documents.some(({ kind }) => kind === "comparison");
  expect(compared, end.ending).toBe(end.ending !== "cancelled");
  const basic = Buffer.from(`${CLIENT_ID}:${bankSecret()}`).toString("base64");
  const result = await request.get(`${TANU}/api/results/${session.id}`, { headers: { authorization: `Basic ${basic}` } });
  expect(await result.json()).toMatchObject({ ending: end.ending, passed: false });
});
