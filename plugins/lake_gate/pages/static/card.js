// Card on Airflow's home page: the sums of the Gate page, in a frame of their own.
globalThis["Gate summary"] = () => {
  const base = document.querySelector("head > base")?.href ?? `${location.origin}/`;
  return globalThis.React.createElement("iframe", {
    src: new URL("gate/card", base).href,
    title: "Gate: what is waiting",
    style: { width: "100%", height: "104px", border: 0, colorScheme: "normal" },
  });
};
