// Edge functions by themselves on workerd, with settings, keys or a socket that a whole instance would not start with.
//
// Made from the instance under test: the same build and, unless changed, the same keys and the same matcher.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingHttpHeaders, request as plain } from "node:http";
import { request as encrypted } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOME } from "./environment.ts";
import { freePorts, quoted, workerd } from "./instance.ts";

export interface EdgeSettings {
  /** Changes the settings in `CONFIG`. */
  config?: (config: Config) => void;
  /** The text of `CONFIG` instead of settings. */
  text?: string;
  /** Files of the folder `keys` in place of those that bindings are read from: by the binding's file, the file to take. */
  keys?: Record<string, string>;
  /** Bindings that are left out. */
  without?: string[];
  /** Speak TLS. */
  tls?: boolean;
  /** Listen on every address of this machine. */
  everywhere?: boolean;
}

/** The edge's settings, as far as tests change them. */
export interface Config {
  environment: string;
  issuer: string;
  virtual_cameras: boolean;
  limits?: Record<string, unknown>;
  clients: Record<string, unknown>[];
  [name: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export class Edge {
  #log = "";
  #process: ChildProcess | undefined;

  private constructor(
    readonly home: string,
    readonly port: number,
    readonly tls: boolean,
  ) {}

  /** Starts it and waits until it answers, whatever it answers. */
  static async start(settings: EdgeSettings = {}): Promise<Edge> {
    const home = mkdtempSync(join(tmpdir(), "tanu-edge-"));
    const [port] = await freePorts(1);
    for (const folder of ["keys", "config", "workerd"]) cpSync(join(HOME, folder), join(home, folder), { recursive: true });
    mkdirSync(join(home, "edge"));
    for (const [file, from] of Object.entries(settings.keys ?? {})) cpSync(join(HOME, "keys", from), join(home, "keys", file));
    configure(home, port, settings);
    const edge = new Edge(home, port, settings.tls ?? false);
    try {
      await edge.#serve();
      return edge;
    } catch (error) {
      await edge.stop();
      throw error;
    }
  }

  /** Ends it as a crash would, and starts it again with what it had stored. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#serve();
  }

  /** Everything that it has written to its log. */
  get log(): string {
    return this.#log;
  }

  /** Asks it, at `address` of this machine, as a client that takes it for the host in `headers`. */
  ask(path: string, asked: Asked = {}): Promise<Answer> {
    return this.#send(path, asked, (request) => request.end(asked.body));
  }

  /** Asks with a body of which only the beginning is sent, until the rest is asked for. */
  begin(path: string, asked: Asked & { body: Uint8Array }): { finish: () => Promise<Answer> } {
    let request: ClientRequest | undefined;
    const headers = { ...asked.headers, "content-length": String(asked.body.length) };
    const answer = this.#send(path, { ...asked, headers }, (begun) => (request = begun).write(asked.body.subarray(0, 1)));
    // Whoever finishes hears of a failure.
    answer.catch(() => undefined);
    return {
      finish: () => {
        request?.end(asked.body.subarray(1));
        return answer;
      },
    };
  }

  #send(
    path: string,
    { method = "GET", headers = {}, address = "127.0.0.1" }: Asked,
    write: (request: ClientRequest) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = { host: address, port: this.port, path, method, headers, agent: false as const };
      const send = this.tls
        ? encrypted({ ...options, servername: "localhost", rejectUnauthorized: false })
        : plain(options);
      send.on("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
        );
      });
      send.on("error", reject);
      write(send);
    });
  }

  async stop(): Promise<void> {
    await this.#end();
    rmSync(this.home, { recursive: true, force: true });
  }

  async #serve(): Promise<void> {
    const serving = spawn(workerd(), ["serve", join(this.home, "workerd/config.capnp")], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [serving.stdout, serving.stderr]) stream.on("data", (data: Buffer) => (this.#log += data.toString()));
    this.#process = serving;
    for (let tries = 0; tries < 300; tries++) {
      if (serving.exitCode !== null) throw new Error(`the edge ended by itself:\n${this.#log.slice(-2000)}`);
      if (await this.ask("/healthz").catch(() => undefined)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the edge does not answer:\n${this.#log.slice(-2000)}`);
  }

  async #end(): Promise<void> {
    const serving = this.#process;
    if (!serving || serving.exitCode !== null) return;
    const ended = new Promise((resolve) => serving.once("exit", resolve));
    serving.kill("SIGKILL");
    await ended;
  }
}

export interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  address?: string;
}

function configure(home: string, port: number, settings: EdgeSettings): void {
  const config = JSON.parse(readFileSync(join(home, "config/edge.json"), "utf8")) as Config;
  settings.config?.(config);
  writeFileSync(join(home, "config/edge.json"), settings.text ?? JSON.stringify(config));
  let text = readFileSync(join(home, "workerd/config.capnp"), "utf8");
  const replace = (what: string, from: RegExp, to: string) => {
    if (!from.test(text)) throw new Error(`the runtime's configuration has no ${what} where it is expected`);
    text = text.replace(from, () => to);
  };
  replace("storage", /\(name = "storage", disk = \(path = "[^"]*"/, `(name = "storage", disk = (path = ${quoted(join(home, "edge"))}`);
  const address = `${settings.everywhere ? "0.0.0.0" : "127.0.0.1"}:${port}`;
  replace("address", /\(name = "public", address = "[^"]*"/, `(name = "public", address = "${address}"`);
  if (settings.tls) {
    // Any key with a certificate does: these clients look at the encryption, not at who answers.
    const [key, chain] = ["provider.pem", "provider.chain.pem"].map((file) => `embed ${quoted(`../keys/${file}`)}`);
    const keys = `keypair = (privateKey = ${key}, certificateChain = ${chain})`;
    replace("protocol", /http = \(\), service = "edge"/, `https = (options = (), tlsOptions = (${keys})), service = "edge"`);
  }
  for (const binding of settings.without ?? []) {
    replace(binding, new RegExp(`\\n *\\(name = "${binding}", text = [^\\n]*`), "");
  }
  writeFileSync(join(home, "workerd/config.capnp"), text, { mode: 0o600 });
}
