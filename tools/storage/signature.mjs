// Signs requests to an S3 server, and checks a request's signature by signing the request again.
import { AwsV4Signer } from "aws4fetch";

/** How many milliseconds a clock may be off. */
const SKEW_MS = 15 * 60_000;
const EXPIRED = ["AccessDenied", "Request has expired"];
const WRONG = ["SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."];

/**
 * Returns a function that prepares the signature of a request with this key; `sign` of its result resolves to the
 * signed `url` and `headers`.
 *
 * @param {{ accessKey: string, secretKey: string }} server
 */
export function signerOf({ accessKey, secretKey }) {
  const key = { service: "s3", region: "auto", accessKeyId: accessKey, secretAccessKey: secretKey, cache: new Map() };
  return (request) => new AwsV4Signer({ ...key, ...request });
}

/**
 * Resolves to S3's code and message for what is wrong with a request, or to undefined if this signer's key signed it.
 */
export async function problemOf({ method, headers }, url, signer) {
  try {
    const check = url.searchParams.has("X-Amz-Signature") ? presigned : signed;
    return await check(signer, { method, url, headers });
  } catch {
    // The request has an invalid date or duration.
    return WRONG;
  }
}

async function presigned(signer, { method, url }) {
  const { "X-Amz-Date": datetime, "X-Amz-Expires": expires } = Object.fromEntries(url.searchParams);
  if (Date.now() > timeOf(datetime) + Number(expires) * 1_000) return EXPIRED;
  const bare = new URL(url);
  bare.searchParams.delete("X-Amz-Signature");
  const again = await signer({ method, url: bare, datetime, signQuery: true }).sign();
  return sorted(again.url) === sorted(url) ? undefined : WRONG;
}

async function signed(signer, { method, url, headers }) {
  const { authorization = "", "x-amz-date": datetime } = headers;
  const [, names] = /SignedHeaders=([^,]+)/.exec(authorization) ?? [];
  if (!names) return ["AccessDenied", "The request is not signed."];
  if (Math.abs(Date.now() - timeOf(datetime)) > SKEW_MS) return EXPIRED;
  const given = Object.fromEntries(names.split(";").map((name) => [name, headers[name]]));
  const again = await signer({ method, url, headers: given, datetime, allHeaders: true }).sign();
  return again.headers.get("authorization") === authorization ? undefined : WRONG;
}

function sorted({ searchParams }) {
  const copy = new URLSearchParams(searchParams);
  copy.sort();
  return String(copy);
}

/** Returns the time of a date such as `20261130T093000Z`, in ms. */
const timeOf = (text) => Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
