// Where the page is: all of it in the URL's fragment, which is sent to no server.
//
// `#/jobs/437852?ticket=…`: the path's parts, decoded, and the parameters.
import { useEffect, useState } from "preact/hooks";

export function readRoute(hash = location.hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decode);
  return { page: parts[0] ?? "wall", parts: parts.slice(1), params: Object.fromEntries(new URLSearchParams(search)) };
}

/** The fragment that leads there. */
export function href(path, params = {}) {
  const set = Object.entries(params).filter(([, value]) => value);
  const search = new URLSearchParams(set).toString().replaceAll("%2C", ",");
  return `#/${path}${search && `?${search}`}`;
}

export const jobHref = (id) => href(`jobs/${encodeURIComponent(id)}`);

/** The route, as it changes. */
export function useRoute() {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const changed = () => setRoute(readRoute());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** Changes the parameters of the page that is shown, without a step back to each of them. */
export function replaceParams(path, params) {
  history.replaceState(null, "", href(path, params));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
