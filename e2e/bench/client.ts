// A browser as the edge sees one: one connection, one cookie. Times every request.

import { Agent, type IncomingHttpHeaders, request } from "node:http";
import type { SessionView, StepView } from "../support/session.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly type?: string;
  readonly body?: Uint8Array | string;
  readonly headers?: Record<string, string>;
}

/** Milliseconds of requests, by their kind. */
export type Times = Map<string, number[]>;

export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #cookie = "";

  constructor(
    readonly origin: string,
    readonly times: Times = new Map(),
  ) {}

  /** Sends a request and reads the answer to its end; fails where the answer has another status. */
  async send(kind: string, path: string, status: number, { method = "GET", type, body, headers }: Sent = {}): Promise<Answer> {
    const sent = { ...headers, ...(type && { "content-type": type }), ...(this.#cookie && { cookie: this.#cookie }) };
    const begun = performance.now();
    const answer = await new Promise<Answer>((resolve, reject) => {
      const options = { agent: this.#agent, method, headers: { ...sent, ...(body && { "content-length": Buffer.byteLength(body) }) } };
      const asked = request(new URL(path, this.origin), options, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
        );
      });
      asked.on("error", reject);
      asked.end(body);
    });
    const time = performance.now() - begun;
    const times = this.times.get(kind);
    if (times) times.push(time);
    else this.times.set(kind, [time]);
    if (answer.status !== status) throw new Error(`${kind}: ${answer.status} instead of ${status}: ${answer.body.slice(0, 500)}`);
    const cookie = answer.headers["set-cookie"]?.[0];
    if (cookie) this.#cookie = cookie.split(";")[0];
    return answer;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A citizen's session, call by call. */
export class Session {
  private constructor(
    readonly client: Client,
    readonly id: string,
  ) {}

  /** Begins one from the address that a relying party sends the browser to. */
  static async begin(client: Client, url: string): Promise<Session> {
    const { headers } = await client.send("begin", url, 303);
    const id = /\/session\/([\w-]{22})/.exec(headers.location ?? "")?.[1];
    if (!id) throw new Error(`no session in ${headers.location}`);
    return new Session(client, id);
  }

  see(): Promise<SessionView> {
    return this.#call("see", "");
  }

  consent(answer: { agreed: boolean; template: boolean; iin: string | null; language: string }): Promise<SessionView> {
    return this.#call("consent", "/consent", { method: "POST", type: "application/json", body: JSON.stringify(answer) });
  }

  run(run: number): Promise<SessionView> {
    return this.#call("begin a run", `/run/${run}`, { method: "POST" });
  }

  async frames({ run, step }: StepView, sent: Sent, kind = "frames of a step", status = 200): Promise<SessionView> {
    return this.#call(kind, `/run/${run}/step/${step}`, { method: "PUT", ...sent }, status);
  }

  /** Back to the relying party; gives the parameters that it gets. */
  async goBack(): Promise<URLSearchParams> {
    const { headers } = await this.client.send("return", `/return/${this.id}`, 303);
    return new URL(headers.location ?? "").searchParams;
  }

  async #call(kind: string, path: string, sent?: Sent, status = 200): Promise<SessionView> {
    const { body } = await this.client.send(kind, `/api/session/${this.id}${path}`, status, sent);
    return JSON.parse(body) as SessionView;
  }
}
