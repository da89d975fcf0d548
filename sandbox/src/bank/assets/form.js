// A choice of language takes along what was entered: the form is sent to be kept, and comes back in that language.
"use strict";
(() => {
  const form = document.querySelector("form.fields");
  if (!form) return;
  for (const link of document.querySelectorAll(".languages a")) {
    link.addEventListener("click", (event) => {
      // Into another tab or window it goes without the form.
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      // A button has an address of its own, so that the form's stays what it is, should the browser come back here.
      const button = document.createElement("button");
      button.formAction = `/citizens/language/${link.hreflang}`;
      button.hidden = true;
      form.append(button);
      button.click();
      button.remove();
    });
  }
})();
