/**
 * Keeps `--vh` equal to the height that can be seen while an on-screen keyboard is open, so that a
 * composer at the bottom stays above it (RSP-2). Without a keyboard the token's own `100dvh` holds.
 */
export function startViewport(): void {
  const visual = window.visualViewport;
  if (!visual) return;
  const root = document.documentElement;
  let frame = 0;
  const measure = () => {
    frame = 0;
    // Pinch zoom narrows the visual viewport as well; the layout must not follow that.
    const keyboard = visual.scale === 1 && window.innerHeight - visual.height > 80;
    if (keyboard) {
      root.style.setProperty('--vh', `${Math.round(visual.height)}px`);
      root.style.setProperty('--safe-b', '0px');
      root.dataset.keyboard = 'open';
    } else {
      root.style.removeProperty('--vh');
      root.style.removeProperty('--safe-b');
      delete root.dataset.keyboard;
    }
  };
  const schedule = () => {
    if (!frame) frame = requestAnimationFrame(measure);
  };
  visual.addEventListener('resize', schedule);
  visual.addEventListener('scroll', schedule);
  measure();
}
