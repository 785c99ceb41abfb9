// What scrolls sideways can be reached by the keyboard; the theme wraps wide tables after a page has loaded.
"use strict";
(() => {
  const mark = () => {
    for (const one of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset div.equation")) {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    }
  };
  addEventListener("resize", mark);
  addEventListener("load", () => {
    mark();
    const content = document.querySelector(".md-content");
    if (content) new MutationObserver(mark).observe(content, { childList: true, subtree: true });
  });
})();
