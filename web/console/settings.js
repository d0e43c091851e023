// settings: what is in force, the recipes, and what holds the functions.

import { make } from '../dom.js';

function grouped(settings) {
  const groups = new Map();
  for (const setting of settings) {
    groups.set(setting.group, [...(groups.get(setting.group) ?? []), setting]);
  }
  return groups;
}

// Digits in threes; anything else as it is.
function spaced(value) {
  return /^\d{5,}$/.test(value) ? value.replace(/\B(?=(\d{3})+$)/g, '\u202f') : value;
}

function makeGroup(title, settings) {
  const rows = settings.map(({ name, value, about }) => make('div', { class: 'setting' },
    make('dt', {}, make('code', {}, name), make('span', { class: 'about' }, about)),
    make('dd', {}, spaced(value))));
  return make('div', { class: 'panel' }, make('h3', {}, title), make('dl', {}, ...rows));
}

function pretty(recipes) {
  try {
    return JSON.stringify(JSON.parse(recipes), null, 2);
  } catch {
    return recipes;
  }
}

export function showSettings(parent, { settings, recipes, lacks }) {
  const containment = lacks === null
    ? make('p', {}, make('span', { class: 'pill' }, 'complete'),
      ' Every layer that holds a function is there.')
    : make('p', {}, make('span', { class: 'pill is-bad' }, 'incomplete'), ` ${lacks}`);
  const recipe = recipes
    ? make('pre', { class: 'log', tabIndex: 0, 'aria-label': 'Recipes' }, pretty(recipes))
    : make('p', { class: 'about' },
      'The built-in one: one rendition called resized, at most 800 × 800.');
  parent.replaceChildren(
    make('div', { class: 'panel' }, make('h3', {}, 'Containment'), containment),
    make('div', { class: 'panel' }, make('h3', {}, 'Recipes'), recipe),
    ...[...grouped(settings)].map(([title, rows]) => makeGroup(title, rows)));
}
