// The page's few drawings; words beside them say what they mean.
const PATHS = {
  copy: "M9 9h10v10H9zM5 15V5h10",
  check: "m5 12 5 5 9-10",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.4 1.4m11.2 11.2L19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
  moon: "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z",
  auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  out: "M10 4H5v16h5M15 8l4 4-4 4m4-4H9",
  down: "M12 4v11m0 0-4-4m4 4 4-4M5 20h14",
  back: "m14 6-6 6 6 6",
  next: "m10 6 6 6-6 6",
  play: "M8 5.5v13l11-6.5z",
  sound: "M9 17V6l10-2v11M9 17a2.5 2.5 0 1 1-2.5-2.5A2.5 2.5 0 0 1 9 17zm10-2a2.5 2.5 0 1 1-2.5-2.5A2.5 2.5 0 0 1 19 15z",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  again: "M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5",
  share: "M12 15V4m0 0L8 8m4-4 4 4M5 12v8h14v-8",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  send: "M4 12 20 4l-5 16-3-7z",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4v5l3.5 2",
  lost: "M12 4 2.5 20h19zM12 10v4m0 3v.1",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 4.5 4.5",
  filter: "M4 5h16l-6 8v6l-4-2v-4z",
  close: "m6 6 12 12M18 6 6 18",
};

export function Icon({ name }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
