// The least that a worker can do of the same kind: the floor under the edge's figures.

/** About as long as what is stored of a session. */
const RECORD = JSON.stringify({ record: "x".repeat(2000) });

export class FloorObject {
  constructor(state) {
    this.storage = state.storage;
  }

  async fetch(request) {
    if (request.body) await request.arrayBuffer();
    if (request.method === "POST") await this.storage.put("record", RECORD);
    return new Response((await this.storage.get("record")) ?? "nothing");
  }
}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/constant") return new Response("ok");
    return env.OBJECT.get(env.OBJECT.idFromName(pathname)).fetch(request);
  },
};
