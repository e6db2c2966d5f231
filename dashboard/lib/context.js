// What every page works with: the API, the live feed, the records in sight, the notices.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { useChanges } from "./emitter.js";

export const Vault = createContext(null);

/** `{ api, rights, records, notify }`, and for who is signed in `live` and `wall`. */
export const useVault = () => useContext(Vault);

export const useRights = () => useChanges(useVault().rights);
