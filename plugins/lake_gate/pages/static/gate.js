// Behaviour of the Gate page; every page also works without it.
(() => {
  const status = document.getElementById("status");
  const framed = window.parent !== window;

  // Airflow's frame allows neither links that leave it nor downloads: a link in the page around it is clicked instead.
  const clickOutside = (link, download) => {
    const outside = parent.document.createElement("a");
    outside.href = link.href;
    if (download) outside.download = "";
    parent.document.body.append(outside);
    outside.click();
    outside.remove();
  };

  // As Airflow's own UI does: the login returns to this page.
  for (const link of document.querySelectorAll("[data-sign-in]")) link.search = new URLSearchParams({next: location.href});

  const copy = async (button) => {
    const code = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) return (status.textContent = "Selected: copy it with the keyboard");
    }
    button.textContent = "Copied";
    status.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  };

  addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) return copy(button);
    const link = event.target.closest("a[href]");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const leaves = link.hasAttribute("data-top"), loads = link.hasAttribute("data-download");
    if (framed && (leaves || loads)) {
      event.preventDefault();
      clickOutside(link, loads);
    } else if (!loads && !link.getAttribute("href").startsWith("#")) document.body.classList.add("loading");
  });
  addEventListener("submit", (event) => {
    if (event.target.matches("[data-trigger]")) start(event);
    else document.body.classList.add("loading");
  });
  // A field that does not apply is not shown, checked or sent.
  const showFields = ({ asked, exception, scope, most }) => {
    exception.hidden = exception.disabled = !asked.value.startsWith("release");
    if (most) most.parentElement.hidden = most.disabled = !scope.value;
  };
  addEventListener("change", (event) => {
    const { form, name, value } = event.target;
    if (!form?.dataset.review) return;
    if (name === "scope" && value) form.elements.most.value = JSON.parse(value).most;
    showFields(form.elements);
  });
  addEventListener("pageshow", () => document.querySelectorAll("[data-review]").forEach((form) => showFields(form.elements)));
  addEventListener("pageshow", () => document.body.classList.remove("loading"));

  const exceptionOf = (fields) => {
    if (!fields.has("kind")) return {};
    const scope = fields.get("scope");
    return {
      exception_kind: fields.get("kind"),
      until: fields.get("until") || null,
      ...(scope && { exception_scope: "table", ...JSON.parse(scope), most: Number(fields.get("most")) }),
    };
  };

  const refusals = { 400: "a field is not valid", 403: "Airflow does not let you start runs" };

  // Airflow's own API starts the run, and decides whether the user may.
  const start = async (event) => {
    event.preventDefault();
    const form = event.target, fields = new FormData(form), result = form.querySelector(".result");
    const button = form.querySelector("button");
    if (!fields.get("reason").trim()) return (result.textContent = "Not started: say why, for those who answer.");
    button.disabled = true;
    result.textContent = "Starting …";
    const { review, runs } = form.dataset;
    const conf = review
      ? { ...JSON.parse(review), asked: fields.get("asked"), reason: fields.get("reason"), ...exceptionOf(fields) }
      : { reprocess_held: fields.get("reason"), dry_run: fields.get("dry") === "on" };
    try {
      const answer = await fetch(form.dataset.trigger, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ logical_date: null, conf }),
      });
      if (!answer.ok) throw new Error(refusals[answer.status] || `Airflow answered ${answer.status}`);
      const run = (await answer.json()).dag_run_id;
      const link = document.createElement("a");
      link.href = `${runs || `${location.pathname.split("/runs/")[0]}/runs/`}${encodeURIComponent(run)}`;
      if (runs) link.dataset.top = "";
      link.textContent = run;
      result.replaceChildren("Started: ", link, review ? `. ${form.dataset.started}` : "");
    } catch (error) {
      result.textContent = `Not started: ${error.message}.`;
      button.disabled = false;
    }
  };

  // The latest runs are on the right.
  for (const chart of document.querySelectorAll(".chart")) chart.scrollLeft = chart.scrollWidth;

  // A page about a run that goes on looks again, unless it is hidden or a person is at one of its fields.
  const seconds = Number(document.body.dataset.refresh);
  if (seconds) {
    setInterval(() => {
      if (!document.hidden && !document.activeElement?.matches("input, select")) location.reload();
    }, seconds * 1000);
  }
})();
