// What a shop does with the widget's events: hand them to its analytics. This one has none, so they go to the console.
const SENT = ['view', 'click', 'search', 'error'];

for (const name of SENT) {
  document.addEventListener(`lookalike:${name}`, (event) => {
    console.debug(`lookalike:${name}`, event.detail);
  });
}
