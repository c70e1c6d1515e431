import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';

/**
 * Files dragged over an element: `over` while they are there, `take` when they are dropped. What is dropped elsewhere is
 * for `refuseStrayDrops` (CMP-3).
 */
export function useFileDrop(
  box: Readonly<Ref<HTMLElement | null>>,
  take: (files: File[]) => void,
  isOn: () => boolean = () => true,
) {
  const over = ref(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const isInside = (event: DragEvent) =>
    isOn() && event.target instanceof Node && (box.value?.contains(event.target) ?? false);

  function onOver(event: DragEvent): void {
    if (!hasFiles(event)) return;
    over.value = isInside(event);
    if (!over.value) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  }
  function onLeave(event: DragEvent): void {
    // Null: the pointer left the window.
    if (event.relatedTarget === null) over.value = false;
  }
  function onDrop(event: DragEvent): void {
    if (!hasFiles(event)) return;
    over.value = false;
    if (!isInside(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) take(files);
  }

  onMounted(() => {
    document.addEventListener('dragover', onOver);
    document.addEventListener('dragleave', onLeave);
    document.addEventListener('drop', onDrop);
  });
  onBeforeUnmount(() => {
    document.removeEventListener('dragover', onOver);
    document.removeEventListener('dragleave', onLeave);
    document.removeEventListener('drop', onDrop);
  });
  return { over };
}
