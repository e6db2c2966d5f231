// Asks the API for something once, and again on demand.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** Returns `{ value, error, busy, again }`. `ask` is called again when one of `inputs` changes. */
export function useLoad(ask, inputs) {
  const [state, setState] = useState({ value: undefined, error: null, busy: true });
  const turn = useRef(0);
  const again = useCallback(async () => {
    const mine = (turn.current += 1);
    const end = (next) => mine === turn.current && setState((now) => ({ ...now, ...next, busy: false }));
    setState((now) => ({ ...now, busy: true }));
    try {
      end({ value: await ask(), error: null });
    } catch (error) {
      end({ error });
    }
  }, inputs);
  useEffect(() => {
    again();
    return () => {
      turn.current += 1;
    };
  }, [again]);
  return { ...state, again };
}
