// Follow Airflow's theme: its UI keeps the choice in localStorage, and the class of the page around the frame.
(() => {
  const root = document.documentElement;
  const around = () => {
    try {
      return window.parent === window ? null : window.parent.document.documentElement;
    } catch {
      return null;
    }
  };
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  };
  const apply = () => {
    const chosen = around()?.classList.contains("dark") ? "dark" : around()?.classList.contains("light") ? "light" : stored();
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    else delete root.dataset.theme;
  };
  apply();
  addEventListener("storage", apply);
  const frame = around();
  if (frame) new MutationObserver(apply).observe(frame, { attributes: true, attributeFilter: ["class"] });
})();
