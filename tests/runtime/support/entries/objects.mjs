// The built Worker, whose catalog objects can be called from outside: `POST /.catalog/{name}` with a command, or with
// `{ "sql": … }`, which runs as it is. `{ "spoil": { "Dirty": "…" } }` makes the object fail with these words when it
// gets that command.
import * as built from "../../../../build/index.js";

export default class extends built.default {
  async fetch(request) {
    const name = /^\/\.catalog\/(.+)$/.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return super.fetch(request);
    const text = await request.text();
    const { sql, spoil } = JSON.parse(text);
    const object = this.objects.getByName(name);
    const answer = spoil ? await object.spoil(spoil) : sql === undefined ? await object.ask(text) : await object.sql(sql);
    return answer instanceof Error ? Response.json({ failed: answer.message }) : new Response(answer);
  }

  constructor(context, env) {
    super(context, env);
    this.objects = env.CATALOG;
  }
}
export const Job = built.Job;

export class Catalog extends built.Catalog {
  #storage;
  #spoilt = {};

  constructor(state, env) {
    super(state, env);
    this.#storage = state.storage;
  }

  async ask(question) {
    const [, name] = typeof question === "string" ? /^\W*(\w+)/.exec(question) : [];
    const why = this.#spoilt[name];
    return why === undefined ? super.ask(question) : new Error(why);
  }

  spoil(spoilt) {
    this.#spoilt = spoilt;
    return "{}";
  }

  /** Returns the statement's rows, and how many rows it has written. */
  sql(text) {
    const cursor = this.#storage.sql.exec(text);
    return JSON.stringify({ rows: cursor.toArray(), written: cursor.rowsWritten });
  }
}
