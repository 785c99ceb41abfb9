"use strict";
// Reloads a served page once the report has been written again, and says meanwhile what happens.
{
  const own = Number(document.currentScript.dataset.version);
  const bar = document.createElement("div");
  bar.setAttribute("role", "status");
  bar.style.cssText =
    "position:fixed;right:.8rem;bottom:.8rem;z-index:99;max-width:min(40rem,calc(100% - 1.6rem));padding:.5rem .9rem;" +
    "border-radius:.4rem;background:#222;color:#fff;font:.9rem/1.4 system-ui,sans-serif;overflow-wrap:anywhere";
  bar.hidden = true;
  document.body.append(bar);
  const events = new EventSource("/-/events");
  events.onmessage = ({ data }) => {
    const { version, text } = JSON.parse(data);
    if (version !== own) location.reload();
    bar.textContent = text;
    bar.hidden = !text;
  };
  events.onerror = () => {
    bar.textContent = "ipcircuit report --serve has ended; this page stays as it is.";
    bar.hidden = false;
  };
}
