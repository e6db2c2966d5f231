// The flags that filter the list of jobs, and the query that they become.

/** A flag each: its name, its value in the help, what it does, and the query's parameter if that has another name. */
const FILTERS = [
  ["status", "<list>", "queued, acquired, completed, failed, cancelled, retried"],
  ["archive", "<list>", "none, pending, stored, partial, lost"],
  ["app", "<app>", "the application"],
  ["queue", "<name>", "the queue's name"],
  ["tag", "<tag>", "jobs with this tag"],
  ["name", "<text>", "jobs whose id or reference begins so", "q"],
  ["since", "<time>", "created from then on: 2026-11-29, or milliseconds"],
  ["until", "<time>", "created before then"],
];

/** Adds the flags to a command. */
export const filtered = (command) => FILTERS.reduce((sofar, [name, value, what]) => sofar.option(`--${name} ${value}`, what), command);

/** Returns the query of the flags that are set. */
export const filterOf = (options) =>
  Object.fromEntries(FILTERS.filter(([name]) => options[name] !== undefined).map(([name, , , parameter = name]) => [parameter, options[name]]));
