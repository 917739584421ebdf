// Runs before the first paint, so that a chosen theme does not flash.
(() => {
  const query = new URLSearchParams(location.search);
  let theme = query.get('uiEmbed') === 'v0' ? query.get('uiTheme') : null;
  try {
    theme ??= localStorage.getItem('wakeful-theme');
  } catch {
    // Storage may be forbidden; the system's theme stands.
  }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
