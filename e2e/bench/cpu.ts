// How much processor time a running process has used.

import { readdirSync, readFileSync } from "node:fs";

/** Ticks a second of the times in /proc, fixed by Linux for all programs. */
const TICKS = 100;

/** A process found by a path on its command line. */
export class Usage {
  readonly #stat: string;

  /** The one process that was started with that path. */
  constructor(path: string) {
    const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandLine(name).includes(path));
    if (found.length !== 1) throw new Error(`${found.length} processes were started with ${path}`);
    this.#stat = `/proc/${found[0]}/stat`;
  }

  /** Milliseconds of processor time so far, of the program and of the system for it, over all threads (proc_pid_stat(5)). */
  milliseconds(): number {
    const stat = readFileSync(this.#stat, "utf8");
    // The program's name may hold spaces; what follows its bracket does not. There, utime and stime are the fields 12 and 13.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  }
}

function commandLine(process: string): string[] {
  try {
    return readFileSync(`/proc/${process}/cmdline`, "utf8").split("\0");
  } catch {
    // It has ended since it was listed.
    return [];
  }
}
