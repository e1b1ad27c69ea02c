// Tells a learning platform the score of a lesson by SCORM 1.2. Without a platform it does nothing.
// IMMUNOSIM.scorm.report({score, answered, total}): score in percent, tasks answered, and tasks of the lesson.
(function () {
  "use strict";
  var MOST_PARENTS = 10;
  var MASTERY = 60;
  var api = null;
  var isOpen = false;
  var isEnded = false;
  var begun = Date.now();

  function above(start) {
    var view = start;
    for (var i = 0; i <= MOST_PARENTS && view; i += 1) {
      try {
        if (view.API) return view.API;
      } catch (error) {
        return null; // a frame of another site
      }
      if (view.parent === view) return null;
      view = view.parent;
    }
    return null;
  }

  function find() {
    var found = above(window);
    if (found) return found;
    try {
      return window.opener ? above(window.opener) : null;
    } catch (error) {
      return null;
    }
  }

  function succeeds(result) {
    return String(result) === "true";
  }

  // The platform is somebody else's: what it throws must not stop the lesson.
  function call(name, first, second) {
    try {
      return first === undefined ? api[name]("") : second === undefined ? api[name](first) : api[name](first, second);
    } catch (error) {
      return "false";
    }
  }

  function open() {
    if (isOpen || isEnded) return isOpen;
    api = api || find();
    if (!api || !succeeds(call("LMSInitialize"))) return false;
    isOpen = true;
    var status = call("LMSGetValue", "cmi.core.lesson_status");
    if (status === "not attempted" || status === "unknown" || status === "") {
      call("LMSSetValue", "cmi.core.lesson_status", "incomplete");
      call("LMSCommit");
    }
    return true;
  }

  function two(number) {
    return (number < 10 ? "0" : "") + number;
  }

  function duration() {
    var seconds = Math.min(Math.floor((Date.now() - begun) / 1000), 3599999);
    var hours = Math.floor(seconds / 3600);
    return two(hours) + ":" + two(Math.floor((seconds % 3600) / 60)) + ":" + two(seconds % 60);
  }

  function report(result) {
    var score = Number(result && result.score);
    var answered = Number(result && result.answered);
    var total = Number(result && result.total);
    if (!(score >= 0 && score <= 100 && answered >= 0 && total > 0) || !open()) return false;
    var isDone = answered >= total;
    var status = !isDone ? "incomplete" : score >= MASTERY ? "passed" : "failed";
    var isTold = [
      ["cmi.core.score.min", "0"],
      ["cmi.core.score.max", "100"],
      ["cmi.core.score.raw", String(Math.round(score))],
      ["cmi.core.lesson_status", status],
    ].map(function (entry) {
      return succeeds(call("LMSSetValue", entry[0], entry[1]));
    });
    return succeeds(call("LMSCommit")) && isTold[2] && isTold[3];
  }

  function close() {
    if (!isOpen) return;
    isOpen = false;
    isEnded = true;
    call("LMSSetValue", "cmi.core.session_time", duration());
    call("LMSCommit");
    call("LMSFinish");
  }

  var root = window;
  root.IMMUNOSIM = root.IMMUNOSIM || {};
  root.IMMUNOSIM.scorm = { report: report, close: close };
  open();
  window.addEventListener("pagehide", close);
})();
