// The page's route. All of it is in the URL's fragment, which no server gets.
//
// `#/jobs/437852?ticket=…`: the path's parts, decoded, and the parameters.
import { useEffect, useState } from "preact/hooks";

export function readRoute(hash = location.hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map(decode);
  return { page: parts[0] ?? "wall", parts: parts.slice(1), params: Object.fromEntries(new URLSearchParams(search)) };
}

/** Returns the fragment that leads to a path. */
export function href(path, params = {}) {
  const set = Object.entries(params).filter(([, value]) => value);
  const search = new URLSearchParams(set).toString().replaceAll("%2C", ",");
  return `#/${path}${search && `?${search}`}`;
}

export const jobHref = (id) => href(`jobs/${encodeURIComponent(id)}`);

/** Returns the route, and follows its changes. */
export function useRoute() {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const changed = () => setRoute(readRoute());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}

/** Changes the parameters of the present page, without a step in the history for each change. */
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
