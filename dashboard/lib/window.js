// Which cards of a long grid are visible: only these are in the page.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const MIN_WIDTH = 232;
const MIN_WIDTH_PHONE = 160;
const GAP = 14;
/** The height of the words below the picture, in pixels. */
const WORDS = 92;
/** How many rows are rendered before they become visible. */
const AHEAD = 2;
/** The pause in scrolling, in ms, after which costly content is shown. */
const REST_MS = 120;

/** Returns the columns and sizes that fit a width. */
export function layout(width) {
  const least = width < 700 ? MIN_WIDTH_PHONE : MIN_WIDTH;
  const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const cardWidth = Math.floor((width - GAP * (columns - 1)) / columns);
  const cardHeight = Math.round(cardWidth * 0.625) + WORDS;
  return { columns, cardWidth, cardHeight, row: cardHeight + GAP, column: cardWidth + GAP };
}

/** Returns `{ grid, sizes, from, to, resting, height }` for `count` cards in the element `grid`. */
export function useWindow(count) {
  const grid = useRef();
  const [width, setWidth] = useState(0);
  const [rows, setRows] = useState([0, 0]);
  const [resting, setResting] = useState(true);
  const sizes = layout(width || 320);

  useLayoutEffect(() => {
    const measure = () => setWidth(grid.current.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(grid.current);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    let [frame, rest] = [0, 0];
    const look = () => {
      frame = 0;
      const top = -grid.current.getBoundingClientRect().top;
      const first = Math.max(0, Math.floor(top / sizes.row) - AHEAD);
      const last = Math.ceil((top + innerHeight) / sizes.row) + AHEAD;
      setRows((now) => (now[0] === first && now[1] === last ? now : [first, last]));
    };
    const scrolled = () => {
      frame ||= requestAnimationFrame(look);
      setResting(false);
      clearTimeout(rest);
      rest = setTimeout(() => setResting(true), REST_MS);
    };
    look();
    addEventListener("scroll", scrolled, { passive: true });
    addEventListener("resize", scrolled, { passive: true });
    return () => {
      removeEventListener("scroll", scrolled);
      removeEventListener("resize", scrolled);
      cancelAnimationFrame(frame);
      clearTimeout(rest);
    };
  }, [sizes.row]);

  const from = Math.min(rows[0] * sizes.columns, count);
  const to = Math.min(rows[1] * sizes.columns, count);
  const height = Math.max(0, Math.ceil(count / sizes.columns) * sizes.row - GAP);
  return { grid, sizes, from, to, resting, height };
}

/** Returns the position of card `n`. */
export const placeOf = (n, { columns, column, row }) =>
  `translate(${(n % columns) * column}px, ${Math.floor(n / columns) * row}px)`;

/** Tells whether the page is scrolled further down than `limit`; it starts at `place`. */
export function useScrolled(limit, place) {
  const [is, setIs] = useState(place > limit);
  useEffect(() => {
    const look = () => setIs(scrollY > limit);
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, [limit]);
  return is;
}
