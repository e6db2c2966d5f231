// Decides which URLs may be fetched, and what they mean.

const DEFAULT_HOSTS = "*.r2.cloudflarestorage.com,*.fal.media,fal.media,*.replicate.delivery,replicate.delivery";
const SIGNING = /^(x-amz-|x-goog-)|^(sv|se|st|sp|sr|spr|sig|expires|policy|signature|key-pair-id)$/i;
const SIGNATURE = /[?&](x-amz-signature|x-goog-signature|sig|signature)=/i;

/**
 * Reads a URL that may be fetched. Its host must be listed (`*.` stands for whole labels), with https unless the entry
 * says http. It must be written as it is parsed.
 *
 * @returns the URL, or why it is refused
 */
export function check(text: string, hosts = DEFAULT_HOSTS): URL | string {
  const url = URL.parse(text);
  if (!url || /[\s\\]/.test(text)) return "not a URL";
  if (url.username || url.password) return "user name in URL";
  const isListed = hosts.split(",").some((entry) => allows(entry.trim(), url));
  if (!isListed) return "host not allowed";
  return text.slice(url.protocol.length + 2).toLowerCase().startsWith(url.host) ? url : "host not written plainly";
}

function allows(entry: string, { protocol, host, hostname }: URL): boolean {
  const isPlain = entry.startsWith("http://");
  const name = isPlain ? entry.slice(7) : entry;
  if (protocol !== (isPlain ? "http:" : "https:")) return false;
  return name.startsWith("*.") ? host === hostname && hostname.endsWith(name.slice(1)) : name === host;
}

export const isPresigned = ({ search }: URL): boolean => SIGNATURE.test(search);

/** Returns the URL without what a signer adds: an object that is signed twice is one file. */
export function identityOf(url: URL): string {
  if (!isPresigned(url)) return url.href;
  const own = [...url.searchParams].filter(([key]) => !SIGNING.test(key));
  return `${url.origin}${url.pathname}?${new URLSearchParams(own)}`;
}

/** Returns when a presigned URL expires. */
export function deadline({ search, searchParams }: URL): number | null {
  if (!search) return null;
  for (const signer of ["X-Amz", "X-Goog"]) {
    const date = searchParams.get(`${signer}-Date`);
    const seconds = searchParams.get(`${signer}-Expires`);
    if (date && seconds) {
      const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
      return Date.parse(iso) + Number(seconds) * 1_000 || null;
    }
  }
  const end = searchParams.get("se");
  if (end) return Date.parse(end) || null;
  return Number(searchParams.get("Expires") ?? NaN) * 1_000 || null;
}
