// Bodies as the upstream sends them, by job and by minutes on the sender's clock.

const EPOCH = 1_766_867_822_109;

/** The sender's clock, `minute` minutes after the job was submitted. */
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

/** `failed`, `cancelled`, `retried`: with the sender's time if a minute is given. */
export const told = (eventType, id, minute, more = {}) => ({
  eventType,
  ...(id === undefined ? {} : { jobId: id }),
  ...(minute === undefined ? {} : { updatedAt: at(minute) }),
  ...more,
});

/** As in the upstream's document: no id of its own unless given, no time. */
export const completed = (url, id) => ({
  eventType: "completed",
  ...(id === undefined ? {} : { jobId: id }),
  video: { data_uri: url, data_url: url },
});
