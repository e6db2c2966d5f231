// A finding, in the shape of `GET /doctor`.

export const ok = (name, detail, ms = null) => ({ name, status: "ok", detail, fix: null, ms });
export const warn = (name, detail, fix, ms = null) => ({ name, status: "warn", detail, fix, ms });
export const fail = (name, detail, fix, ms = null) => ({ name, status: "fail", detail, fix, ms });

/** Reads a finding of the Worker. A status that is unknown here counts as a failure. */
export function read(finding) {
  const { name, status, detail, fix, ms } = finding ?? {};
  const isKnown = ["ok", "warn", "fail"].includes(status);
  return { name, status: isKnown ? status : "fail", detail, fix: fix ?? null, ms: ms ?? null };
}

/** Returns 0 if nothing is wrong, 1 if there are only warnings, 2 if something failed. */
export function exitCode(checks) {
  if (checks.some(({ status }) => status === "fail")) return 2;
  return checks.some(({ status }) => status === "warn") ? 1 : 0;
}
