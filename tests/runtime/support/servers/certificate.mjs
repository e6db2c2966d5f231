// Makes a certificate for loopback, a new one in each process, because Python's clients speak only TLS.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

let made;

/** @returns {{ path: string, cert: string, key: string }} `path` is for `SSL_CERT_FILE` */
export function certificate() {
  return (made ??= make());
}

/** Serves the Worker over TLS, which the Worker sees in its URL: pass it as `change` of `startVault`. */
export function overTls(options) {
  const { cert, key } = certificate();
  return { ...options, https: true, httpsCert: cert, httpsKey: key };
}

/** Makes this process's `fetch` trust the certificate. */
export function trustCertificate() {
  setDefaultCACertificates([...getCACertificates("default"), certificate().cert]);
}

function make() {
  const dir = mkdtempSync(join(tmpdir(), "hookvault-tls-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  const [path, keyPath] = [join(dir, "cert.pem"), join(dir, "key.pem")];
  // Newer Pythons want the key usage of an authority spelled out.
  const { error, status, stderr } = spawnSync("openssl", ["req", "-x509", "-nodes", "-days", "2",
    "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-addext", "keyUsage=critical,digitalSignature,keyCertSign",
    "-keyout", keyPath, "-out", path]);
  if (status !== 0) throw error ?? new Error(`openssl: ${stderr}`);
  return { path, cert: readFileSync(path, "utf8"), key: readFileSync(keyPath, "utf8") };
}
