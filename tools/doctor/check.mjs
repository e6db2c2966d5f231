// A finding, in the shape that `GET /doctor` has them.

export const ok = (name, detail, ms = null) => ({ name, status: "ok", detail, fix: null, ms });
export const warn = (name, detail, fix, ms = null) => ({ name, status: "warn", detail, fix, ms });
export const fail = (name, detail, fix, ms = null) => ({ name, status: "fail", detail, fix, ms });

/** 0: nothing is wrong. 1: there are warnings alone. 2: something has failed. */
export function exitCode(checks) {
  if (checks.some(({ status }) => status === "fail")) return 2;
  return checks.some(({ status }) => status === "warn") ? 1 : 0;
}
