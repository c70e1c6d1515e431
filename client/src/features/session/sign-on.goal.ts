/** Where a person wanted to go before he left for the company's provider; kept in this tab alone. */
const KEY = 'otklik.signOn';

export function keepGoalOfSignOn(to: string): void {
  try {
    sessionStorage.setItem(KEY, to);
  } catch {
    // No storage: the first page of the role will do.
  }
}

/** Only an address of our own: "//elsewhere" would be another host for the browser. */
export function goalOfSignOn(): string {
  try {
    const to = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return to !== null && /^\/(?![/\\])/.test(to) ? to : '/';
  } catch {
    return '/';
  }
}
