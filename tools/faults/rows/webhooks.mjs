// Rows in which the webhooks misbehave. The simulator's own view shows which jobs were struck.
import { answers, resets } from "../answers.mjs";
import { firstly } from "./sources.mjs";

const HOUR_MS = 3_600_000;
const AT_ONCE = 20;
/** The events of a job that is tried twice. */
const EVENTS = ["acquired", "failed", "retried", "completed"];

/**
 * @param {string} name
 * @param {object | ((n: number) => object)} knobs
 * @param {(truth: object) => boolean} strikes tells whether a job was struck
 */
const webhooks = (name, knobs, strikes) => ({
  name,
  rig: {},
  async play(rig, count) {
    await submitAll(rig, count, knobs);
    await strikeWhere(rig, strikes);
  },
});

/** Submits a few jobs at a time: the webhooks of a hundred jobs at once would only wait for each other. */
async function submitAll(rig, count, knobs) {
  for (let left = count; left > 0; left -= AT_ONCE) {
    await rig.submit(Math.min(AT_ONCE, left), knobs);
    await rig.queue.idle();
  }
}

async function strikeWhere(rig, strikes) {
  for (const id of rig.queue.ids) if (strikes(await rig.queue.truth(id))) rig.injector.strike(id);
}

const lost = (eventType) => ({ events, deliveries }) =>
  events.some((event) => event.eventType === eventType)
  && !deliveries.some((delivery) => delivery.eventType === eventType);

/** Tells whether every webhook was sent this many times, and got a 200 each time. */
const arrived = (times) => ({ events, deliveries }) =>
  deliveries.length === times * events.length && deliveries.every(({ status }) => status === 200);

const isOutOfOrder = ({ events, deliveries }) => {
  const [happened, sent] = [events, deliveries].map((list) => list.map((one) => one.eventType));
  return `${happened}` !== `${sent}`;
};

const cameAfterExpiry = ({ events, deliveries, knobs }) => {
  const [happened, sent] = [events, deliveries].map((list) =>
    list.find(({ eventType }) => eventType === "completed"));
  return sent?.status === 200 && sent.sentAt > happened.at + (knobs.expiresIn + 1) * 1_000;
};

/** Returns all orders of the events. */
function orders(events) {
  if (events.length < 2) return [events];
  return events.flatMap((first) =>
    orders(events.filter((event) => event !== first)).map((rest) => [first, ...rest]));
}
const ORDERS = orders(EVENTS);

const upstreamDown = {
  name: "upstream down for a while",
  rig: {},
  async play(rig, count) {
    rig.injector.queue = firstly(3, [answers(503), resets]);
    await rig.untilStruck(await rig.submit(count, { webhook: { lose: ["completed"] } }));
  },
};

const imported = {
  name: "all webhooks lost but imported",
  rig: {},
  async play(rig, count) {
    const lose = ["acquired", "completed"];
    await submitAll(rig, count, { webhook: { lose } });
    await strikeWhere(rig, ({ deliveries }) => deliveries.length === 0);
    await rig.import();
  },
};

export const webhookRows = [
  webhooks("completed lost", { webhook: { lose: ["completed"] } }, lost("completed")),
  webhooks("all webhooks lost but acquired",
    { retries: 1, webhook: { lose: ["failed", "retried", "completed"] } }, lost("completed")),
  imported,
  upstreamDown,
  webhooks("each webhook ten times at once",
    { retries: 1, webhook: { times: Object.fromEntries(EVENTS.map((name) => [name, 10])) } },
    arrived(10)),
  webhooks("webhooks in every order",
    (n) => ({ retries: 1, webhook: { order: ORDERS[n % ORDERS.length] } }), isOutOfOrder),
  webhooks("completed delayed past the expiry",
    { expiresIn: 1, webhook: { delayMs: { completed: 2_500 } } }, cameAfterExpiry),
  // For every second job the vault must ask for the result when the lease is over, by either clock.
  webhooks("clock of the sender an hour off", (n) => ({
    retries: 1,
    skewMs: n % 4 < 2 ? HOUR_MS : -HOUR_MS,
    webhook: { lose: n % 2 === 0 ? ["completed"] : [] },
  }), ({ knobs, deliveries }) =>
    Math.abs(knobs.skewMs) === HOUR_MS && deliveries.every(({ status }) => status === 200)),
];
