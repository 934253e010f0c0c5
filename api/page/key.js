// The dialog for the API key.

/**
 * Ask the user for the key; resolves to it, or to null if they cancel.
 *
 * @param {(id: string) => HTMLElement} part finds an element of the page.
 * @param {boolean} refused whether a key was sent and not accepted.
 */
export function askForKey(part, refused) {
  const dialog = part('key-dialog');
  part('key-words').textContent = refused
    ? 'This key was not accepted. Check it and enter it again.'
    : 'Enter the API key that you were given. It is kept until you close this tab.';
  part('key').value = '';
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const answer = () => resolve(dialog.returnValue === 'use' ? part('key').value.trim() : null);
    dialog.addEventListener('close', answer, { once: true });
  });
}
