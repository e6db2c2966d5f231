// Cloudflare's prices in US dollars, as its documentation had them on 2026-11-25: the pages workers/platform/pricing,
// durable-objects/platform/pricing, r2/pricing and kv/platform/pricing below developers.cloudflare.com.

export const LOOKED_UP = "2026-11-25";
/** The price of a month of the Workers Paid plan. */
export const PLAN = 5;
const MILLION = 1_000_000;

/** The prices of Workers Paid: what a month includes (for R2, its free tier), and the price of `per` more. */
export const PAID = {
  requests: { name: "Worker requests", included: 10 * MILLION, price: 0.3, per: MILLION },
  cpuMs: { name: "CPU, ms", included: 30 * MILLION, price: 0.02, per: MILLION },
  objectRequests: { name: "object requests and alarms", included: MILLION, price: 0.15, per: MILLION },
  gbSeconds: { name: "object duration, GB-s", included: 400_000, price: 12.5, per: MILLION },
  rowsRead: { name: "rows read", included: 25_000 * MILLION, price: 0.001, per: MILLION },
  rowsWritten: { name: "rows written", included: 50 * MILLION, price: 1, per: MILLION },
  objectGb: { name: "objects' storage, GB-month", included: 5, price: 0.2, per: 1 },
  classA: { name: "R2 class A", included: MILLION, price: 4.5, per: MILLION },
  classB: { name: "R2 class B", included: 10 * MILLION, price: 0.36, per: MILLION },
  bucketGb: { name: "R2 storage, GB-month", included: 10, price: 0.015, per: 1 },
  kvReads: { name: "KV reads", included: 10 * MILLION, price: 0.5, per: MILLION },
  kvWrites: { name: "KV writes", included: MILLION, price: 5, per: MILLION },
  kvGb: { name: "KV storage, GB-month", included: 1, price: 0.5, per: 1 },
};

const DAYS = 30;
/** What a day of the free plan allows. R2 counts by the month; storage counts in all. */
export const FREE_A_DAY = {
  requests: 100_000,
  objectRequests: 100_000,
  gbSeconds: 13_000,
  rowsRead: 5 * MILLION,
  rowsWritten: 100_000,
  kvReads: 100_000,
  kvWrites: 1_000,
  classA: MILLION / DAYS,
  classB: (10 * MILLION) / DAYS,
};
export const FREE_IN_ALL = { bucketGb: 10, objectGb: 5, kvGb: 1 };
