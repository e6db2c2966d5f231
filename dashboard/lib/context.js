// What every page works with: the API, the live feed, the records of visible jobs, the notices.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { useChanges } from "./emitter.js";

export const Vault = createContext(null);

/** Returns `{ api, rights, records, notify }`, and for a signed-in user also `live` and `wall`. */
export const useVault = () => useContext(Vault);

export const useRights = () => useChanges(useVault().rights);
