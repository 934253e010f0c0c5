// What the package offers.

export { Lookalike } from './client.js';
export { LookalikeError } from './error.js';
export { shrinkPhoto } from './shrinking.js';

/** @typedef {import('./answers.js').Attributes} Attributes */
/** @typedef {import('./answers.js').Box} Box */
/** @typedef {import('./answers.js').Garment} Garment */
/** @typedef {import('./answers.js').Item} Item */
/** @typedef {import('./answers.js').Items} Items */
/** @typedef {import('./answers.js').SimilarItem} SimilarItem */
/** @typedef {import('./answers.js').SimilarItems} SimilarItems */
/** @typedef {import('./client.js').ClientOptions} ClientOptions */
/** @typedef {import('./parameters.js').CallOptions} CallOptions */
/** @typedef {import('./parameters.js').ItemsOptions} ItemsOptions */
/** @typedef {import('./parameters.js').PhotoOptions} PhotoOptions */
/** @typedef {import('./parameters.js').SearchOptions} SearchOptions */
/** @typedef {import('./pictures.js').Width} Width */
/** @typedef {import('./shrinking.js').ShrunkPhoto} ShrunkPhoto */
