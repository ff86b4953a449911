(function () {
  "use strict";
  var form = document.getElementById("filter");
  var cases = Array.prototype.slice.call(document.querySelectorAll("details.case"));
  var tag = document.getElementById("tag");
  var text = document.getElementById("text");
  var shown = document.getElementById("shown");
  if (!form || cases.length === 0) {
    return;
  }
  // Beside the cases, not above the verdict; in one place when there are several reports.
  var places = document.querySelectorAll(".filterplace");
  if (places.length === 1) {
    places[0].appendChild(form);
  }
  form.hidden = false;

  var texts = new Map(); // of a case in lower case, made when it is first searched
  function textOf(one) {
    if (!texts.has(one)) {
      texts.set(one, one.textContent.toLowerCase());
    }
    return texts.get(one);
  }
  function has(list, word) {
    return word === "" || (" " + list + " ").indexOf(" " + word + " ") >= 0;
  }
  function apply() {
    var kind = form.elements.kind.value;
    var number = tag ? tag.value : "";
    var wanted = text.value.trim().toLowerCase();
    var count = 0;
    cases.forEach(function (one) {
      var fits = has(one.dataset.kind, kind) && has(one.dataset.tag, number) &&
        (wanted === "" || textOf(one).indexOf(wanted) >= 0);
      one.hidden = !fits;
      count += fits ? 1 : 0;
    });
    document.querySelectorAll(".report").forEach(function (report) {
      var none = report.querySelector(".none");
      none.hidden = report.querySelector("details.case:not([hidden])") !== null;
    });
    shown.textContent = count + " of " + cases.length + " cases";
  }
  var waiting = 0;
  form.addEventListener("change", apply);
  text.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(apply, 120);
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    apply();
  });
  function fold(open) {
    cases.forEach(function (one) {
      if (!one.hidden) {
        one.open = open;
      }
    });
  }
  document.getElementById("unfold").addEventListener("click", function () { fold(true); });
  document.getElementById("fold").addEventListener("click", function () { fold(false); });
  apply();
})();
