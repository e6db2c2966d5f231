// What went wrong, and how to go on.

export function Trouble({ error, again }) {
  if (!error) return null;
  const isUnanswered = error.status === 0;
  return (
    <div class="trouble" role="alert">
      <p><strong>{isUnanswered ? "No answer." : `${error.title ?? "Failed"}.`}</strong> {sentence(error.message)}</p>
      {again && <button type="button" onClick={again}>Try again</button>}
    </div>
  );
}

/** Returns the API's words as a sentence, or as the end of one. */
export const sentence = (text, isWhole = true) =>
  `${isWhole ? text.slice(0, 1).toUpperCase() : text.slice(0, 1)}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
