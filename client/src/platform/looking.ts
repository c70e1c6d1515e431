let looking = false;

/**
 * In this page an admin sees the portal as somebody else: it has no line to the server, asks and changes nothing, and this browser
 * keeps nothing of it. A page that begins or stops to look begins anew, so what it is never changes under anybody's hands.
 */
export const onlyLooks = (): boolean => looking;

export function beginLooking(): void {
  looking = true;
}

/** Loads the page again, here or at the address: nothing in memory outlives it. */
export function beginAnew(address?: string): void {
  if (address === undefined) location.reload();
  else location.assign(new URL(address.replace(/^\//, ''), document.baseURI));
}
