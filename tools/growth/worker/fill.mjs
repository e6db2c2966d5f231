// The built Worker, with a route that fills the catalog. `POST /.fill` puts rows into a day's object, with the command
// that deliveries use. They are copies of a real job's row, so this file knows only the few members that differ. Here
// all objects are in one isolate, and share its memory.
import * as built from "../../../build/index.js";

/** The batch that an isolate sends under load. */
const BATCH = 500;

/** The row of the job called `model`. */
let model;

export class Catalog extends built.Catalog {
  ask(question) {
    model ??= rowOfModel(question);
    return super.ask(question);
  }
}

export const { Job } = built;

export default class extends built.default {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/.fill") return super.fetch(request);
    if (!model) return Response.json({ error: "no row of a model is known yet" }, { status: 409 });
    const { day, rows } = await request.json();
    const object = this.env.CATALOG.getByName(day);
    for (let n = 0; n < rows.length; n += BATCH) {
      const answer = await object.ask(JSON.stringify({ PutMany: rows.slice(n, n + BATCH).map(rowOf) }));
      if (answer instanceof Error) return Response.json({ error: answer.message }, { status: 500 });
    }
    return Response.json({ rows: rows.length });
  }
}

function rowOfModel(question) {
  if (typeof question !== "string" || !question.includes('"id:model"')) return undefined;
  const { Put, PutMany } = JSON.parse(question);
  return [Put, ...(PutMany ?? [])].find((row) => row?.home === "id:model");
}

function rowOf({ id, createdAt, status, tags }) {
  const { summary } = model;
  return { ...model, home: `id:${id}`, summary: { ...summary, id, createdAt, updatedAt: createdAt, status: status ?? summary.status, tags } };
}
