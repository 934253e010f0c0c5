// The widgets: <lookalike-similar> and <lookalike-camera>; <lookalike-config> holds what all of a page's have in common.

import { Camera } from './camera.js';
import { Similar } from './similar.js';
import { refreshAll, Widget } from './widget.js';

class Config extends HTMLElement {
  static observedAttributes = Widget.observedAttributes;

  connectedCallback() {
    refreshAll();
  }

  disconnectedCallback() {
    refreshAll();
  }

  attributeChangedCallback() {
    refreshAll();
  }
}

/** @type {[string, CustomElementConstructor][]} */
const WIDGETS = [['lookalike-config', Config], ['lookalike-similar', Similar], ['lookalike-camera', Camera]];

// A page may have the script twice.
for (const [name, widget] of WIDGETS) if (!customElements.get(name)) customElements.define(name, widget);
