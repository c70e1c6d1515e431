/** True for a name of the IANA list, aliases included ("Europe/Kyiv" and "Europe/Kiev"); false for bare offsets. */
export function isZone(zone: string): boolean {
  if (!/^(UTC|[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+)$/.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
