// The cards, of which only the visible ones are in the page.
import { useEffect, useRef, useState } from "preact/hooks";
import { cardId } from "../lib/card-id.js";
import { useWindow, placeOf } from "../lib/window.js";
import { Card } from "./card.jsx";

const MOVES = { ArrowRight: () => 1, ArrowLeft: () => -1, ArrowDown: (columns) => columns,
  ArrowUp: (columns) => -columns };

export function Grid({ jobs }) {
  const { list } = jobs;
  const { grid, sizes, from, to, resting, height } = useWindow(list.length);
  const [focused, setFocused] = useState(null);
  const wanted = useRef(null);
  // Loads the next page while the reader still has two screens of cards.
  const left = list.length - to;
  useEffect(() => {
    if (left < 4 * Math.max(to - from, 1)) jobs.more();
  }, [left, from, to, jobs, list]);
  const reach = () => {
    const link = wanted.current && document.getElementById(cardId(wanted.current));
    if (!link) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  };
  useEffect(reach);

  const move = (event) => {
    const step = MOVES[event.key]?.(sizes.columns);
    const at = list.findIndex(({ id }) => cardId(id) === event.target.id);
    const next = step && at >= 0 && list[at + step];
    if (!next || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wanted.current = next.id;
    setFocused(next.id);
    reveal(grid.current, at + step, sizes);
    // If the card is not in the page yet, the next rendering focuses it.
    reach();
  };

  const shown = range(from, to);
  // A card with the focus stays in the page, because otherwise the keyboard would lose its place.
  const held = focused === null ? -1 : list.findIndex(({ id }) => id === focused);
  if (held >= 0 && (held < from || held >= to)) shown.push(held);
  return (
    <div class="grid" ref={grid} role="feed" aria-busy={!jobs.isWhole && left === 0} aria-label="Jobs, the newest first"
      style={{ height: `${height}px` }} onKeyDown={move} onFocusOut={() => setFocused(null)}
      onFocusIn={({ target }) => setFocused(list.find(({ id }) => cardId(id) === target.id)?.id ?? null)}>
      {shown.map((n) => (
        <Card key={list[n].id} job={list[n]} n={n} size={jobs.isWhole ? list.length : -1} place={placeOf(n, sizes)}
          width={sizes.cardWidth} height={sizes.cardHeight} resting={resting} />
      ))}
    </div>
  );
}

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);

function reveal(grid, n, { columns, row }) {
  const top = grid.getBoundingClientRect().top + scrollY + Math.floor(n / columns) * row;
  if (top - 130 < scrollY) scrollTo({ top: top - 130 });
  else if (top + row > scrollY + innerHeight) scrollTo({ top: top + row - innerHeight + 20 });
}
