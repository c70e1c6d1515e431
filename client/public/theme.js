// Runs before the first paint, as a file of its own because the content policy forbids inline scripts.
// The same rule as in src/platform/theme.ts: the stored choice, else what the system prefers.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('otklik.theme');
  } catch (_) {
    // Storage is closed to us (private window, policy): the system's theme is the answer.
  }
  var dark =
    choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
