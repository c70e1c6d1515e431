import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue';

/** Calls `load` whenever the end of a list comes within a screen's reach. */
export function useNearEnd(end: Readonly<Ref<HTMLElement | null>>, load: () => void): void {
  let observer: IntersectionObserver | null = null;
  onMounted(() => {
    observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) load();
      },
      { rootMargin: '600px' },
    );
    if (end.value) observer.observe(end.value);
  });
  onBeforeUnmount(() => observer?.disconnect());
}

/** Whether the beginning of a list has been scrolled out of the window. */
export function useScrolled(list: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<boolean>> {
  const scrolled = ref(false);
  const measure = () => {
    scrolled.value = (list.value?.getBoundingClientRect().top ?? 0) < 0;
  };
  onMounted(() => addEventListener('scroll', measure, { passive: true }));
  onBeforeUnmount(() => removeEventListener('scroll', measure));
  return scrolled;
}
