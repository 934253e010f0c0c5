// What the widgets say, by language. A page changes one with the attribute `text-<name>`, or adds a language there.

/** @typedef {keyof typeof ENGLISH} TextName */

const ENGLISH = {
  heading: 'You may also like',
  results: 'Similar items',
  previous: 'Previous items',
  next: 'Next items',
  none: 'Nothing similar was found.',
  failed: 'Similar items cannot be shown right now.',
  again: 'Try again',
  open: 'Search with a photo',
  hint: 'Drop a photo here or paste it',
  privacy: 'Your photo is used for this search only.',
  choose: 'Choose a photo',
  take: 'Take a photo',
  another: 'Another photo',
  photo: 'Your photo',
  garments: 'What are you looking for?',
  whole: 'Whole photo',
  crop: 'Select an area',
  corner1: 'Upper left corner',
  corner2: 'Upper right corner',
  corner3: 'Lower left corner',
  corner4: 'Lower right corner',
  arrows: 'Move with the arrow keys',
  searching: 'Searching …',
  more: 'Show more',
  close: 'Close',
  unreadable: 'This file cannot be read as a photo. Please choose a JPEG or PNG.',
  large: 'This photo is too large. Please choose a smaller one.',
  small: 'This area is too small. Please select a larger one.',
  busy: 'There are too many searches right now. Please try again in a moment.',
  offline: 'There is no connection. Please try again.',
  before: 'Before:',
  now: 'Now:',
  'garment-bag': 'Bag',
  'garment-dress': 'Dress',
  'garment-hat': 'Hat',
  'garment-outwear': 'Jacket',
  'garment-pants': 'Trousers',
  'garment-shoes': 'Shoes',
  'garment-shorts': 'Shorts',
  'garment-skirt': 'Skirt',
  'garment-top': 'Top',
};

const NAMES = /** @type {TextName[]} */ (Object.keys(ENGLISH));

/** In the order of `ENGLISH`, so that names are sent once. @type {Record<string, string[]>} */
const OTHERS = {
  de: [
    'Das könnte dir auch gefallen', 'Ähnliche Artikel', 'Vorherige Artikel', 'Nächste Artikel', 'Nichts Ähnliches gefunden.',
    'Ähnliche Artikel können gerade nicht angezeigt werden.', 'Noch einmal versuchen', 'Mit einem Foto suchen',
    'Foto hier ablegen oder einfügen', 'Dein Foto wird nur für diese Suche verwendet.', 'Foto auswählen', 'Foto aufnehmen',
    'Anderes Foto', 'Dein Foto', 'Was suchst du?', 'Ganzes Foto', 'Bereich auswählen', 'Ecke oben links', 'Ecke oben rechts',
    'Ecke unten links', 'Ecke unten rechts', 'Mit den Pfeiltasten verschieben', 'Suche läuft …',
    'Mehr anzeigen', 'Schließen', 'Diese Datei ist nicht als Foto lesbar. Bitte wähle ein JPEG oder PNG.',
    'Dieses Foto ist zu groß. Bitte wähle ein kleineres.', 'Dieser Bereich ist zu klein. Bitte wähle einen größeren.',
    'Gerade wird zu viel gesucht. Bitte versuche es gleich noch einmal.', 'Keine Verbindung. Bitte versuche es noch einmal.',
    'Vorher:', 'Jetzt:', 'Tasche', 'Kleid', 'Hut', 'Jacke', 'Hose', 'Schuhe', 'Shorts', 'Rock', 'Oberteil',
  ],
  fr: [
    'Vous aimerez aussi', 'Articles similaires', 'Articles précédents', 'Articles suivants', 'Aucun article similaire.',
    'Les articles similaires ne peuvent pas être affichés pour le moment.', 'Réessayer', 'Rechercher avec une photo',
    'Déposez ou collez une photo ici', 'Votre photo ne sert qu’à cette recherche.', 'Choisir une photo', 'Prendre une photo',
    'Une autre photo', 'Votre photo', 'Que cherchez-vous ?', 'Photo entière', 'Sélectionner une zone', 'Coin supérieur gauche',
    'Coin supérieur droit', 'Coin inférieur gauche', 'Coin inférieur droit', 'Déplacer avec les flèches', 'Recherche …',
    'Afficher plus', 'Fermer', 'Ce fichier n’est pas une photo lisible. Choisissez un JPEG ou un PNG.',
    'Cette photo est trop grande. Choisissez-en une plus petite.', 'Cette zone est trop petite. Sélectionnez-en une plus grande.',
    'Trop de recherches en ce moment. Réessayez dans un instant.', 'Pas de connexion. Veuillez réessayer.', 'Avant :', 'Maintenant :',
    'Sac', 'Robe', 'Chapeau', 'Veste', 'Pantalon', 'Chaussures', 'Short', 'Jupe', 'Haut',
  ],
  es: [
    'También te puede gustar', 'Artículos similares', 'Artículos anteriores', 'Artículos siguientes', 'No hay artículos similares.',
    'Ahora no se pueden mostrar artículos similares.', 'Intentar de nuevo', 'Buscar con una foto', 'Suelta o pega aquí una foto',
    'Tu foto solo se usa para esta búsqueda.', 'Elegir una foto', 'Hacer una foto', 'Otra foto', 'Tu foto', '¿Qué buscas?',
    'Foto completa', 'Seleccionar un área', 'Esquina superior izquierda', 'Esquina superior derecha', 'Esquina inferior izquierda',
    'Esquina inferior derecha', 'Mover con las flechas', 'Buscando …', 'Mostrar más', 'Cerrar',
    'Este archivo no se puede leer como foto. Elige un JPEG o PNG.', 'Esta foto es demasiado grande. Elige una más pequeña.',
    'Esta área es demasiado pequeña. Selecciona una mayor.', 'Hay demasiadas búsquedas. Inténtalo de nuevo en un momento.',
    'No hay conexión. Inténtalo de nuevo.', 'Antes:', 'Ahora:', 'Bolso', 'Vestido', 'Sombrero', 'Chaqueta', 'Pantalón', 'Zapatos',
    'Pantalón corto', 'Falda', 'Parte de arriba',
  ],
  it: [
    'Potrebbe piacerti anche', 'Articoli simili', 'Articoli precedenti', 'Articoli successivi', 'Nessun articolo simile.',
    'Al momento non è possibile mostrare articoli simili.', 'Riprova', 'Cerca con una foto', 'Trascina o incolla qui una foto',
    'La tua foto serve solo per questa ricerca.', 'Scegli una foto', 'Scatta una foto', 'Un’altra foto', 'La tua foto',
    'Che cosa cerchi?', 'Foto intera', 'Seleziona un’area', 'Angolo in alto a sinistra', 'Angolo in alto a destra',
    'Angolo in basso a sinistra', 'Angolo in basso a destra', 'Sposta con le frecce', 'Ricerca …',
    'Mostra altri', 'Chiudi', 'Questo file non è leggibile come foto. Scegli un JPEG o PNG.',
    'Questa foto è troppo grande. Scegline una più piccola.', 'Quest’area è troppo piccola. Selezionane una più grande.',
    'Troppe ricerche in questo momento. Riprova tra poco.', 'Nessuna connessione. Riprova.', 'Prima:', 'Ora:', 'Borsa', 'Vestito',
    'Cappello', 'Giacca', 'Pantaloni', 'Scarpe', 'Pantaloncini', 'Gonna', 'Top',
  ],
};

/** The attributes that change a text. */
export const TEXT_ATTRIBUTES = NAMES.map((name) => `text-${name}`);

/** The languages there are. */
export const LANGUAGES = ['en', ...Object.keys(OTHERS)];

/**
 * What says a text in a language.
 *
 * @param {string} language such as `de-AT`; English where there is no such language.
 * @param {(name: string) => string|null} override the text that the page wants in place of one, or null.
 * @returns {(name: TextName) => string}
 */
export function textsIn(language, override) {
  const other = OTHERS[language.toLowerCase().split('-')[0] ?? ''];
  return (name) => override(`text-${name}`) ?? other?.[NAMES.indexOf(name)] ?? ENGLISH[name];
}

/**
 * What a kind of garment is called; one that has no text by its name in the service.
 *
 * @param {(name: TextName) => string} say
 * @param {string} type
 */
export function garmentName(say, type) {
  const name = /** @type {TextName} */ (`garment-${type}`);
  if (Object.hasOwn(ENGLISH, name)) return say(name);
  return (type.charAt(0).toUpperCase() + type.slice(1)).replaceAll('_', ' ');
}
