// Checks a request's signature: signs the request again with the SDK's own library, and compares.
import { isDeepStrictEqual } from "node:util";
import { SignatureV4 } from "@smithy/signature-v4";
import { s3Client } from "./s3.mjs";

/** The parameters that signing adds to a presigned URL. */
const ADDED = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature", "Content-Sha256"].map((name) => `X-Amz-${name}`);
/** How many milliseconds a clock may be off. */
const SKEW_MS = 15 * 60_000;
const EXPIRED = ["AccessDenied", "Request has expired"];
const WRONG = ["SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."];

/**
 * Resolves to S3's code and message for what is wrong with a request, or to undefined if this signer's key signed it.
 */
export async function problemOf({ method, headers }, url, signer) {
  const query = Object.fromEntries(url.searchParams);
  const request = { method, protocol: url.protocol, hostname: url.hostname, path: url.pathname, query, headers };
  try {
    const check = query["X-Amz-Signature"] ? presigned : signed;
    return await check(signer, request);
  } catch {
    // The request has an invalid date or duration.
    return WRONG;
  }
}

/** @param {{ url: string, accessKey: string, secretKey: string }} server */
export function signerOf(server) {
  const { sha256 } = s3Client(server).config;
  const credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey };
  return new SignatureV4({ service: "s3", region: "auto", credentials, sha256, uriEscapePath: false, applyChecksum: false });
}

async function presigned(signer, request) {
  const { "X-Amz-Date": date, "X-Amz-Expires": expires } = request.query;
  const [signingDate, expiresIn] = [dateOf(date), Number(expires)];
  if (Date.now() > signingDate.getTime() + expiresIn * 1_000) return EXPIRED;
  const query = Object.fromEntries(Object.entries(request.query).filter(([name]) => !ADDED.includes(name)));
  const headers = { host: request.headers.host, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" };
  const again = await signer.presign({ ...request, query, headers }, { signingDate, expiresIn });
  return isDeepStrictEqual(again.query, request.query) ? undefined : WRONG;
}

async function signed(signer, request) {
  const { authorization = "" } = request.headers;
  const [, names] = /SignedHeaders=([^,]+)/.exec(authorization) ?? [];
  if (!names) return ["AccessDenied", "The request is not signed."];
  const signingDate = dateOf(request.headers["x-amz-date"]);
  if (Math.abs(Date.now() - signingDate.getTime()) > SKEW_MS) return EXPIRED;
  const headers = Object.fromEntries(names.split(";").map((name) => [name, request.headers[name]]));
  const again = await signer.sign({ ...request, headers }, { signingDate });
  return again.headers.authorization === authorization ? undefined : WRONG;
}

/** Parses a date such as `20261130T093000Z`. */
const dateOf = (text) => new Date(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
