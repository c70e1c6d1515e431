/** Files let go where nothing takes them would open in place of the page; they are refused (CMP-3). Once, at the start. */
export function refuseStrayDrops(): void {
  const refuse = (event: DragEvent) => {
    // A place that takes files has said so before the window hears of it.
    if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'none';
  };
  addEventListener('dragover', refuse);
  addEventListener('drop', refuse);
}
