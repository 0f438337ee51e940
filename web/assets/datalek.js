// What pages gain when scripts run. Each page works without.
//
//   data-focus                    gets the focus when the page opens (error summary, success banner)
//   data-refresh="60"             with an id: replaced by its newest self every that many seconds
//   data-events="/path"           with data-refresh: also as soon as this event stream says something
//   data-copy="id"                a hidden button that copies that element's text; data-copied is the answer
//   data-now="name"               a hidden button that fills an instant_input with this moment in data-zone
//   data-autosave="/path"         a form kept there two seconds after typing stops; its [data-kept] says when
//   data-once                     a submit button that works once
//   data-passkey="get"            a hidden form that asks data-begin for a question, lets the browser answer it with a
//                                 passkey ("create" makes one) and sends the answer in its field "credential"
//   data-twin="id"                a sandboxed frame as tall as its words need, by the same words in that element
(() => {
  "use strict";

  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  function focusFirst() {
    const target = document.querySelector(".govuk-error-summary[data-focus]") || document.querySelector("[data-focus]");
    if (target) target.focus({ preventScroll: false });
    each(".govuk-error-summary a[href^='#']", (link) => {
      link.addEventListener("click", (event) => {
        const field = document.getElementById(link.getAttribute("href").slice(1));
        if (!field) return;
        event.preventDefault();
        (field.closest(".govuk-form-group") || field).scrollIntoView();
        field.focus({ preventScroll: true });
      });
    });
  }

  // One request brings all parts of the page that want to be fresh. A part the
  // reader is working in stays as it is, and so does what he has opened.
  let refreshing = false;
  async function refresh() {
    if (refreshing || document.hidden) return;
    refreshing = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      each("[data-refresh][id]", (old) => {
        const next = fresh.getElementById(old.id);
        if (!next || old.contains(document.activeElement) || old.innerHTML === next.innerHTML) return;
        const open = [...old.querySelectorAll("details")].map((d) => d.open);
        old.replaceChildren(...next.childNodes);
        old.querySelectorAll("details").forEach((d, i) => { d.open = open[i] || d.open; });
        if (window.htmx) window.htmx.process(old);
      });
    } catch {
      // Offline: the next turn tries again, and the page still shows its times.
    } finally {
      refreshing = false;
    }
  }

  function keepFresh() {
    const seconds = [...document.querySelectorAll("[data-refresh][id]")].map((e) => Number(e.dataset.refresh) || 60);
    if (!seconds.length) return;
    setInterval(refresh, 1000 * Math.min(...seconds));
    document.addEventListener("visibilitychange", refresh);
    each("[data-events]", (part) => {
      let due = 0;
      const source = new EventSource(part.dataset.events);
      const soon = () => {
        if (due) return;
        due = setTimeout(() => { due = 0; refresh(); }, 700);
      };
      source.onmessage = soon;
      source.addEventListener("done", () => { source.close(); soon(); });
      window.addEventListener("pagehide", () => source.close());
    });
  }

  function copyButtons() {
    each("[data-copy]", (button) => {
      if (!navigator.clipboard) return;
      button.hidden = false;
      const words = button.textContent;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
        button.textContent = button.dataset.copied || words;
        setTimeout(() => { button.textContent = words; }, 3000);
      });
    });
  }

  function nowButtons() {
    each("[data-now]", (button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        const parts = Object.fromEntries(new Intl.DateTimeFormat("en-GB", {
          timeZone: button.dataset.zone, hourCycle: "h23",
          day: "numeric", month: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit",
        }).formatToParts(new Date()).map((p) => [p.type, p.value]));
        const set = (id, value) => { const field = document.getElementById(id); if (field) field.value = value; };
        const name = button.dataset.now;
        set(name, String(Number(parts.day)));
        set(name + "-month", String(Number(parts.month)));
        set(name + "-year", parts.year);
        set(name + "-time", parts.hour + ":" + parts.minute);
      });
    });
  }

  function autosave() {
    each("form[data-autosave]", (form) => {
      const kept = form.querySelector("[data-kept]");
      let due = 0;
      form.addEventListener("input", () => {
        clearTimeout(due);
        due = setTimeout(async () => {
          const body = new URLSearchParams(new FormData(form));
          const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers: { "X-Autosave": "1" } }).catch(() => null);
          if (!kept) return;
          const at = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
          kept.textContent = answer && answer.ok ? kept.dataset.kept + " " + at : kept.dataset.lost || "";
        }, 2000);
      });
    });
  }

  // A second press of "Verstuur 42 e-mails" must not look as if it did something.
  function onceButtons() {
    each("[data-once]", (button) => {
      const form = button.form;
      if (!form) return;
      form.addEventListener("submit", () => setTimeout(() => { button.disabled = true; }));
      window.addEventListener("pageshow", () => { button.disabled = false; });
    });
  }

  // No script may look into the frame; the same words stand on the page in
  // smaller type with less air between them.
  function tallFrames() {
    const fit = () => each("iframe[data-twin]", (frame) => {
      const twin = document.getElementById(frame.dataset.twin);
      if (twin) frame.style.height = Math.ceil(twin.offsetHeight * 1.3 + 40) + "px";
    });
    fit();
    window.addEventListener("resize", fit);
  }

  // Passkeys: the server asks, the browser answers, the form carries the answer.
  function passkeys() {
    const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON && PublicKeyCredential.parseCreationOptionsFromJSON;
    const numbers = /^[\d.]+$|^\[/.test(location.hostname); // passkeys belong to names
    if (!able || numbers || !window.isSecureContext) return;
    each("form[data-passkey]", (form) => {
      form.hidden = false;
      form.querySelectorAll("[data-passkey-none]").forEach((words) => { words.hidden = true; });
      const failed = form.querySelector("[data-passkey-failed]");
      let busy = false;
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (busy) return;
        busy = true;
        if (failed) failed.hidden = true;
        try {
          const answer = await fetch(form.dataset.begin, { method: "POST", headers: { Accept: "application/json" }, redirect: "error" });
          if (!answer.ok) throw new Error(String(answer.status));
          const question = (await answer.json()).publicKey;
          const credential = form.dataset.passkey === "create"
            ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question) })
            : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question) });
          form.elements.namedItem("credential").value = JSON.stringify(credential.toJSON());
          form.submit();
        } catch {
          if (failed) failed.hidden = false;
        } finally {
          busy = false;
        }
      });
    });
  }

  [focusFirst, keepFresh, copyButtons, nowButtons, autosave, onceButtons, passkeys, tallFrames].forEach((start) => start());
})();
