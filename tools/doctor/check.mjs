// A finding, in the shape that `GET /doctor` has them.

export const ok = (name, detail, ms = null) => ({ name, status: "ok", detail, fix: null, ms });
export const warn = (name, detail, fix, ms = null) => ({ name, status: "warn", detail, fix, ms });
export const fail = (name, detail, fix, ms = null) => ({ name, status: "fail", detail, fix, ms });

/** A finding of someone else's; one whose status is not known is a failure. */
export function read(finding) {
  const { name, status, detail, fix, ms } = finding ?? {};
  const isKnown = ["ok", "warn", "fail"].includes(status);
  return { name, status: isKnown ? status : "fail", detail, fix: fix ?? null, ms: ms ?? null };
}

/** 0: nothing is wrong. 1: there are warnings alone. 2: something has failed. */
export function exitCode(checks) {
  if (checks.some(({ status }) => status === "fail")) return 2;
  return checks.some(({ status }) => status === "warn") ? 1 : 0;
}
