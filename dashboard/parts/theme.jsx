// Light, dark, or the system's theme: this browser keeps the choice.
import { useState } from "preact/hooks";
import { Icon } from "./icon.jsx";

const KEY = "hookvault.theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const ICONS = { auto: "auto", light: "sun", dark: "moon" };

export function ThemeButton() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme || "auto");
  const change = () => {
    const chosen = NEXT[theme];
    setTheme(chosen);
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // The choice lasts until the page is left.
    }
  };
  return (
    <button type="button" class="quiet" onClick={change} aria-label={`Theme: ${theme}; change to ${NEXT[theme]}`}
      title={`Theme: ${theme}`}>
      <Icon name={ICONS[theme]} />
    </button>
  );
}
