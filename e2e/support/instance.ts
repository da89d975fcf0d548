// Instances that a test starts for itself: with other settings, or with parts that it stops and starts again.
//
// They are made from the instance under test: the same keys and the same build, with their own ports and storage.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATA, HOME, ROOT, homeFile, program } from "./environment.ts";
import { needsModels } from "./needs.ts";

export interface InstanceSettings {
  /** How long a session lasts. */
  sessionSeconds?: number;
  /** How long a citizen has for one step. */
  stepSeconds?: number;
}

type Part = "matcher" | "sandbox" | "edge";

export class Instance {
  readonly tanu: string;
  readonly bank: string;
  readonly matcher: string;
  readonly home: string;
  readonly #processes = new Map<Part, ChildProcess>();
  #log = "";

  private constructor(home: string, ports: Record<Part, number>) {
    this.home = home;
    this.tanu = `http://localhost:${ports.edge}`;
    this.bank = `http://localhost:${ports.sandbox}`;
    this.matcher = `http://127.0.0.1:${ports.matcher}`;
  }

  /** Starts an instance and waits until all of it answers. */
  static async start(settings: InstanceSettings = {}): Promise<Instance> {
    needsModels();
    const home = mkdtempSync(join(tmpdir(), "tanu-e2e-"));
    const [edge, matcher, sandbox] = await freePorts(3);
    const ports = { edge, matcher, sandbox };
    cpSync(join(HOME, "keys"), join(home, "keys"), { recursive: true });
    const instance = new Instance(home, ports);
    const init = ["init", "--home", home, "--root", ROOT, "--edge-origin", instance.tanu];
    init.push("--matcher", `127.0.0.1:${matcher}`, "--listen", `127.0.0.1:${sandbox}`);
    if (existsSync(DATA)) init.push("--data", DATA);
    if (settings.sessionSeconds) init.push("--session-seconds", String(settings.sessionSeconds));
    if (settings.stepSeconds) init.push("--step-seconds", String(settings.stepSeconds));
    execFileSync(program("tanu-sandbox"), init, { stdio: ["ignore", "ignore", "inherit"] });
    try {
      instance.#configureEdge(ports);
      for (const part of ["matcher", "sandbox", "edge"] as const) await instance.startPart(part);
      return instance;
    } catch (error) {
      // Nothing may stay behind of an instance that did not come up.
      await instance.stop();
      throw error;
    }
  }

  /** Everything that the parts have written to their logs. */
  get log(): string {
    return this.#log;
  }

  /** Starts a part that is stopped. */
  async startPart(part: Part): Promise<void> {
    const config = (name: string) => join(this.home, "config", name);
    const commands: Record<Part, [string, string[]]> = {
      matcher: [program("tanu-matcher"), ["--config", config("matcher.toml")]],
      sandbox: [program("tanu-sandbox"), ["serve", "--config", config("sandbox.toml")]],
      edge: [workerd(), ["serve", join(this.home, "workerd/config.capnp")]],
    };
    const child = spawn(...commands[part], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const keep = (data: Buffer) => {
      this.#log += data.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    this.#processes.set(part, child);
    const origin = { matcher: this.matcher, sandbox: this.bank, edge: this.tanu }[part];
    for (let tries = 0; tries < 300; tries++) {
      if (child.exitCode !== null) throw new Error(`${part} ended by itself:\n${this.#log.slice(-2000)}`);
      const answer = await fetch(`${origin}/healthz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${part} does not answer:\n${this.#log.slice(-2000)}`);
  }

  /** Ends a part at once, as a crash would. */
  async stopPart(part: Part): Promise<void> {
    const child = this.#processes.get(part);
    this.#processes.delete(part);
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }

  /** Ends everything and removes what was stored. */
  async stop(): Promise<void> {
    for (const part of ["edge", "sandbox", "matcher"] as const) await this.stopPart(part);
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Fits the runtime's configuration of the instance under test to this one. What it embeds lies in the home folder. */
  #configureEdge(ports: Record<Part, number>): void {
    const folder = join(this.home, "workerd");
    cpSync(join(HOME, "workerd"), folder, { recursive: true });
    mkdirSync(join(this.home, "edge"));
    let text = readFileSync(join(folder, "config.capnp"), "utf8");
    for (const [what, from, to] of [
      ["storage", /\(name = "storage", disk = \(path = "[^"]*"/, `(name = "storage", disk = (path = ${quoted(join(this.home, "edge"))}`],
      ["matcher", /external = \(address = "[^"]*"/, `external = (address = "127.0.0.1:${ports.matcher}"`],
      ["address", /\(name = "public", address = "[^"]*"/, `(name = "public", address = "127.0.0.1:${ports.edge}"`],
    ] as const) {
      if (!from.test(text)) throw new Error(`the runtime's configuration has no ${what} where it is expected`);
      text = text.replace(from, () => to);
    }
    writeFileSync(join(folder, "config.capnp"), text, { mode: 0o600 });
  }
}

/** The demo bank's secret as a client of the identity provider. */
export const bankSecret = () => homeFile("keys/demo-bank.secret").trim();

/** The runtime, from its npm package for this machine. */
export function workerd(): string {
  const packages: Record<string, string> = {
    "linux/x64": "workerd-linux-64",
    "linux/arm64": "workerd-linux-arm64",
    "darwin/x64": "workerd-darwin-64",
    "darwin/arm64": "workerd-darwin-arm64",
  };
  return join(ROOT, "node_modules/@cloudflare", packages[`${process.platform}/${process.arch}`], "bin/workerd");
}

/** A text as Cap'n Proto writes it. */
export const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n")}"`;

/** Ports of this machine that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
