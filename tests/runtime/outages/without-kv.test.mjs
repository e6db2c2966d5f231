// KV is only a copy for other readers, but that copy must come when KV does.
import { describe, test } from "node:test";
import { endure, misbound, without } from "../support/vaults/bindings.mjs";

describe("without KV", () => {
  test("records are written once KV is back", (context) =>
    endure(context, without("RECORDS"), ["RECORDS"]));

  test("so they are if something else was bound in its place", (context) =>
    endure(context, misbound("RECORDS"), ["RECORDS"]));

  test("the same without any other binding that ingest does not need", (context) => {
    const names = ["RECORDS", "FILES", "CATALOG"];
    const spoil = (options) => names.reduce((some, name) => without(name)(some), options);
    return endure(context, spoil, names);
  });
});
