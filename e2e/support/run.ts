// Whole runs over the API, answered by the puppet.

import type { Frame } from "./capture.ts";
import type { ApiSession, SessionView, StepView } from "./session.ts";
import type { Studio } from "./studio.ts";

/** Answers every step of a run as asked; gives the session as it stands after it. A run that fails says at which command. */
export async function answerRun(session: ApiSession, studio: Studio, run: number): Promise<SessionView> {
  let { view } = await session.begin(run);
  while (view.state.step?.run === run && view.state.state === "challenged") {
    const { step } = view.state;
    view = await session.answer(view.transaction, step, await filmed(studio, step));
    if (view.state.mismatches?.length) {
      throw new Error(`${step.command}, step ${step.step} of run ${run}, was not taken: ${view.state.mismatches.join(", ")}`);
    }
  }
  return view;
}

/** Frames that answer a step, at a time at which they may arrive: their own times must fit into what passed since it was shown. */
export async function filmed(studio: Studio, step: StepView): Promise<Frame[]> {
  const frames = await studio.film(step.command);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, frames.at(-1)!.t / 1000)));
  return frames;
}
