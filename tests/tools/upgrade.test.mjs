// A vault's storage as text: what is folded, or moved in time, comes back unchanged.
import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../tools/upgrade/fixture.mjs";
import { folded, unfolded } from "../../tools/upgrade/series.mjs";

const DAY_MS = 86_400_000;
const AT = Date.parse("2026-11-30T22:48:00Z");

test("lines that differ only in numbers are folded, and come back", () => {
  const lines = (count, line) => Array.from({ length: count }, (_, n) => line(n));
  for (const text of ["", "a\n", lines(9, (n) => `"event/0000${n}": 7, ${n * n}, "~,x"`).join("\n"), lines(7, () => "the same 12").join("\n"),
    ["x", ...lines(6, (n) => `${n}`), "y 1", "y 2", "z"].join("\n")]) {
    assert.equal(unfolded(folded(text)), text);
  }
  assert.equal(folded(lines(200, (n) => `k${n}: v`).join("\n")).split("\n").length, 1);
});

test("times are moved wherever they are, and back, however far", () => {
  const text = `{"at":${AT},"key":"manifests/2026-11-30/1.json","unmatched":"unmatched/${AT + 5}-ab","then":1766867822109,"sha":"a${AT}f","day":"2025-12-27"}`;
  for (const days of [-4, 0, 1, 40, 400, 4_000]) {
    const there = moved(text, AT, days);
    const told = JSON.parse(there);
    assert.deepEqual([told.at, told.then, told.day, told.sha], [AT + days * DAY_MS, 1766867822109, "2025-12-27", `a${AT}f`]);
    assert.equal(told.key, `manifests/${new Date(AT + days * DAY_MS).toISOString().slice(0, 10)}/1.json`);
    assert.equal(moved(there, AT + days * DAY_MS, -days), text);
  }
});
