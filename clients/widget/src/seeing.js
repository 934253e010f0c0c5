// When an element comes into view.

/**
 * Call once when an element is in view, or near it.
 *
 * @param {Element} element
 * @param {{margin?: string, share?: number}} near margin: how near; share: how much of it must be in view.
 * @param {() => void} act
 * @returns {() => void} stops watching.
 */
export function onceSeen(element, { margin = '0px', share = 0 }, act) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting && entry.intersectionRatio >= share)) return;
      observer.disconnect();
      act();
    },
    { rootMargin: margin, threshold: share },
  );
  observer.observe(element);
  return () => observer.disconnect();
}
