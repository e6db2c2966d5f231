// The bench's arithmetic: medians, ratios, met goals, and figures that are far off.
import assert from "node:assert/strict";
import { test } from "node:test";
import { differences } from "../../tools/bench/counts.mjs";
import { countsTable } from "../../tools/bench/report/counts.mjs";
import { assess, median, paired, percentile, spread } from "../../tools/bench/report/figures.mjs";
import { OF_TWINS, OPERATIONS } from "../../tools/cost/operations.mjs";
import { acquired, planned } from "../../tools/bench/requests.mjs";
import { exactly, isWanted } from "../../tools/bench/sizes.mjs";
import { short, table } from "../../tools/bench/report/table.mjs";

const rate = { row: "r", what: "requests/s", better: "more", goals: { conventional: { goal: 1, far: 0.5 } } };
const time = { row: "t", what: "ms", better: "less", goals: { conventional: { goal: 1, far: 2 } } };

test("a median is the middle, or the mean of both middles", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 2, 1, 9]), 5.5);
  assert.equal(median([100, 20, 3]), 20, "numbers, not text, are sorted");
  assert.throws(() => median([]));
});

test("a spread does not change its values", () => {
  const values = [3, 1, 2];
  assert.deepEqual(spread(values), { median: 2, min: 1, max: 3 });
  assert.deepEqual(values, [3, 1, 2]);
});

test("a percentile is one of the values", () => {
  const values = Array.from({ length: 200 }, (_, n) => 200 - n);
  assert.equal(percentile(values, 0.99), 198);
  assert.equal(percentile(values, 1), 200);
  assert.equal(percentile([7], 0.99), 7);
});

test("ratios compare the same turn", () => {
  // The ratio of the medians would be 2.
  assert.deepEqual(paired([10, 40, 90], [10, 20, 30]), { median: 2, min: 1, max: 3 });
  assert.deepEqual(paired([2, 2, 9], [1, 4, 2]), { median: 2, min: 0.5, max: 4.5 });
  assert.equal(paired([1, 100, 3], [10, 10, 1]).median, 3, "not 3 ÷ 10");
  assert.deepEqual(paired([5, 9], [1, 1], "difference"), { median: 6, min: 4, max: 8 });
  assert.throws(() => paired([1], [1, 2]));
});

test("more is better, or less is better", () => {
  const verdict = (metric, ours) => {
    const { isMet, isFar } = assess(metric, { hookvault: [ours], conventional: [100] });
    return { isMet, isFar };
  };
  assert.deepEqual(verdict(rate, 100), { isMet: true, isFar: false });
  assert.deepEqual(verdict(rate, 99), { isMet: false, isFar: false });
  assert.deepEqual(verdict(rate, 50), { isMet: false, isFar: false });
  assert.deepEqual(verdict(rate, 49), { isMet: false, isFar: true });
  assert.deepEqual(verdict(time, 100), { isMet: true, isFar: false });
  assert.deepEqual(verdict(time, 101), { isMet: false, isFar: false });
  assert.deepEqual(verdict(time, 201), { isMet: false, isFar: true });
});

test("each goal must be met", () => {
  const goals = { conventional: { goal: 1, far: 0.5 }, floor: { goal: 0.8, far: 0.3 } };
  const of = (floor) => assess({ ...rate, goals }, { hookvault: [10], conventional: [10], floor: [floor] });
  assert.equal(of(12).isMet, true);
  assert.equal(of(13).isMet, false);
  assert.equal(of(13).isFar, false);
  assert.equal(of(40).isFar, true);
});

test("memory is compared by difference", () => {
  const metric = { ...time, by: "difference", goals: { floor: { goal: 16, far: 64 } } };
  const of = (ours) => assess(metric, { hookvault: [ours], floor: [5] });
  assert.deepEqual([of(21).isMet, of(22).isMet, of(69).isFar, of(70).isFar], [true, false, false, true]);
});

test("a limit of our own needs no other side", () => {
  const metric = { row: "b", what: "bytes", better: "less", own: { goal: 300, far: 300 } };
  assert.equal(assess(metric, { hookvault: [300], conventional: [9] }).isMet, true);
  assert.deepEqual([assess(metric, { hookvault: [301] }).isMet, assess(metric, { hookvault: [301] }).isFar], [false, true]);
});

test("without a goal, or without the side that it names, there is no verdict", () => {
  assert.equal(assess({ ...rate, goals: undefined }, { hookvault: [1], conventional: [9] }).isMet, undefined);
  assert.equal(assess(rate, { hookvault: [1] }).isMet, undefined);
  assert.equal(assess(rate, { conventional: [1] }).isMet, undefined);
  const compared = assess({ ...rate, goals: { floor: {} } }, { hookvault: [4], floor: [8] });
  assert.deepEqual([compared.against.floor.median, compared.isMet, compared.isFar], [0.5, undefined, false]);
});

test("an empty Worker's start is subtracted from all others", () => {
  const metric = { ...time, base: "empty", by: "medians" };
  const { sides, against } = assess(metric, { hookvault: [50, 70, 60], conventional: [40, 35, 300], empty: [10, 30, 20] });
  assert.deepEqual(sides, {
    hookvault: { median: 40, min: 30, max: 50 }, conventional: { median: 20, min: 15, max: 280 },
  });
  assert.equal(against.conventional.median, 2);
});

test("no two requests are equal, except those that should be", () => {
  const plan = { kind: "delivery", side: "hookvault", first: 7, jobs: 2, begun: 1_000 };
  const bodies = (more) => [0, 1, 2, 3].map((n) => planned({ ...plan, ...more })(n).body);
  assert.equal(new Set(bodies({})).size, 4);
  assert.equal(new Set(bodies({ repeats: 2 })).size, 2);
  assert.deepEqual(bodies({}).map((body) => JSON.parse(body).jobId), [7, 8, 7, 8]);
  assert.equal(bodies({ renewal: 3 })[0], acquired(7, 1_000, 3));
});

test("a row of the table says whether its goals are met", () => {
  const [, , row] = table([assess(rate, { hookvault: [100, 120, 80], conventional: [100, 100, 100] })]).split("\n");
  assert.match(row, /\| r +\| requests\/s +\| 3 +\| 100 \(80\.0–120\) +\| 100 +\| +\| +\| 1\.00 \(0\.80–1\.20\) +\| +\| +\| ≥ 1 × conventional +\|/);
  assert.match(row, /✓ +\|$/);
  const lower = table([assess(rate, { hookvault: [90], conventional: [100] })]);
  assert.match(lower, /✗ +\|$/);
});

test("one more or less row or call is reported", () => {
  const expected = { acquired: { objectRequests: 2, jobRowsWritten: 2 }, file: { classB: 1 } };
  const of = (acquired) => differences({ acquired }, expected);
  assert.deepEqual(of({ jobRowsWritten: 2, objectRequests: 2 }), []);
  for (const wrong of [{ objectRequests: 2, jobRowsWritten: 3 }, { objectRequests: 1, jobRowsWritten: 2 },
    { objectRequests: 2, jobRowsWritten: 2, alarms: 1 }, { objectRequests: 2 }]) {
    assert.match(of(wrong).join(), /^acquired: \{.*, not \{/);
  }
  assert.equal(differences({ other: {} }, expected).length, 1, "a step that nobody knows");
  const { submission } = OPERATIONS;
  const { objectRequests, jobRowsWritten } = submission;
  assert.deepEqual(differences({ submission: { ...submission, objectRequests: objectRequests - 1 } }), [], "a race");
  assert.equal(differences({ submission: { ...submission, jobRowsWritten: jobRowsWritten + 1 } }).length, 1);
});

test("each side has a column of counts, and a whole job has its goals", () => {
  const { conventional } = OF_TWINS;
  const lines = countsTable({ hookvault: OF_TWINS["same-design"], conventional }).split("\n").map((line) => line.replace(/ +/g, " "));
  assert.ok(lines.includes("| acquired: rows of the job | 2 | 9 | | |"), lines.join("\n"));
  assert.ok(lines.includes("| a job: rows written | 12 | 52 | ≤ 12 | ✓ |"));
  assert.match(countsTable({ hookvault: conventional }), /a job: rows written +\| 52 +\| ≤ 12 +\| ✗/);
});

test("figures have three digits", () => {
  const all = [[1234567, "1234567"], [123.4, "123"], [12.34, "12.3"], [1.234, "1.23"], [0.1234, "0.123"], [0, "0.00"]];
  for (const [value, text] of all) assert.equal(short(value), text);
});

test("there are as many turns as the time allows", () => {
  const made = (turns, seconds, each) => {
    let count = 0;
    while (isWanted(count, turns, seconds, count * each)) count += 1;
    return count;
  };
  const turns = { least: 2, most: 5 };
  assert.deepEqual([100, 30, 20, 10, 1].map((each) => made(turns, 60, each)), [2, 2, 3, 5, 5]);
  assert.equal(made(exactly(30), undefined, 100), 30, "some groups have no limit");
});
