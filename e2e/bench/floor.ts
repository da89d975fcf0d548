// A workerd of its own that runs the floor: the same program as the edge's, with a worker that does next to nothing.

import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, quoted, workerd } from "../support/instance.ts";

export class Floor {
  private constructor(
    readonly origin: string,
    readonly config: string,
    readonly home: string,
    readonly process: ChildProcess,
  ) {}

  /** Starts it and waits until it answers. */
  static async start(): Promise<Floor> {
    const home = mkdtempSync(join(tmpdir(), "tanu-floor-"));
    const [port] = await freePorts(1);
    const storage = join(home, "storage");
    mkdirSync(storage);
    copyFileSync(join(import.meta.dirname, "floor.js"), join(home, "floor.js"));
    const config = join(home, "config.capnp");
    writeFileSync(config, text(port, storage));
    const process = spawn(workerd(), ["serve", config], { stdio: ["ignore", "ignore", "inherit"] });
    const floor = new Floor(`http://localhost:${port}`, config, home, process);
    for (let tries = 0; tries < 100; tries++) {
      const answer = await fetch(`${floor.origin}/constant`).catch(() => undefined);
      if (answer?.ok) return floor;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await floor.stop();
    throw new Error("the floor does not answer");
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = new Promise((resolve) => this.process.once("exit", resolve));
      this.process.kill("SIGKILL");
      await ended;
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

const text = (port: number, storage: string) => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "floor", worker = .floor),
    (name = "storage", disk = (path = ${quoted(storage)}, writable = true)),
  ],
  sockets = [(name = "public", address = "127.0.0.1:${port}", http = (), service = "floor")],
);

const floor :Workerd.Worker = (
  modules = [(name = "floor.js", esModule = embed "floor.js")],
  compatibilityDate = "2026-05-01",
  bindings = [(name = "OBJECT", durableObjectNamespace = "FloorObject")],
  durableObjectNamespaces = [(className = "FloorObject", uniqueKey = "floor", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
);
`;
