// Bodies as the upstream sends them, by job and by minutes on the sender's clock.

const EPOCH = 1_766_867_822_109;

/** Returns the time on the sender's clock, `minute` minutes after the job was submitted. */
export const at = (minute) => EPOCH + minute * 60_000;

export const acquired = (id, minute = 0) => ({
  eventType: "acquired",
  queueName: "free",
  jobId: id,
  workerName: `worker-${minute}`,
  leaseExpiry: at(minute) + 45_000,
  acquiredAt: at(minute),
  updatedAt: at(minute),
});

/** Returns a `failed`, `cancelled` or `retried` body, with the sender's time if a minute is given. */
export const told = (eventType, id, minute, more = {}) => ({
  eventType,
  ...(id === undefined ? {} : { jobId: id }),
  ...(minute === undefined ? {} : { updatedAt: at(minute) }),
  ...more,
});

/** Returns a body as in the upstream's documentation: without an id unless one is given, and without a time. */
export const completed = (url, id) => ({
  eventType: "completed",
  ...(id === undefined ? {} : { jobId: id }),
  video: { data_uri: url, data_url: url },
});
