// Before anything is painted: the theme that was chosen last, if there is one.
try {
  const chosen = localStorage.getItem('tapboot-theme');
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset.theme = chosen;
} catch {
  // A page from a file may have no storage: the system's theme it is.
}
