// main: wires the console together. Everything else is told what it needs.

import { makeAnnouncer } from '../announce.js';
import { make } from '../dom.js';
import { get, post } from './calls.js';
import { Events } from './events.js';
import { Failures } from './failures.js';
import { Invocations } from './invocations.js';
import { Live } from './live.js';
import { Overview } from './overview.js';
import { Plots } from './plots.js';
import { showSettings } from './settings.js';
import { State } from './state.js';
import { shortName } from './words.js';

const byId = (id) => document.getElementById(id);
const root = document.documentElement;

const kLinks = {
  connecting: 'Connecting…', live: 'Live', lost: 'Offline', ended: 'Signed out',
};
const kTroubles = {
  lost: 'The server does not answer. What is shown is as old as its last word; the console ' +
    'reconnects by itself.',
  ended: 'This session has ended. Run `imagemill console` on the server for a new link.',
};

function confirm(title, text, yes) {
  const dialog = byId('confirm');
  byId('confirm-title').textContent = title;
  byId('confirm-text').textContent = text;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

function showTrouble(text) {
  const trouble = byId('trouble');
  trouble.hidden = text === '';
  if (trouble.textContent !== text) trouble.textContent = text;
}

function showLink(link) {
  const element = byId('link');
  if (element.dataset.state === link) return;
  element.dataset.state = link;
  element.textContent = kLinks[link];
  root.classList.toggle('is-stale', link === 'lost' || link === 'ended');
  showTrouble(kTroubles[link] ?? '');
}

// Which function the charts show: the processor, until another is chosen.
class ChartChoice {
  name = null;
  #parent;
  #onChange;

  constructor(parent, onChange) {
    this.#parent = parent;
    this.#onChange = onChange;
  }

  update(functions) {
    if (this.#parent.childElementCount === functions.length) return;
    this.name = functions.find(({ name }) => shortName(name) === 'Processor')?.name ??
      functions[0]?.name;
    this.#parent.replaceChildren(...functions.map(({ name }) => make('button', {
      type: 'button', 'aria-pressed': String(name === this.name), title: name,
      onclick: (event) => this.#choose(name, event.currentTarget),
    }, shortName(name))));
  }

  #choose(name, chosen) {
    this.name = name;
    for (const button of this.#parent.children) {
      button.setAttribute('aria-pressed', String(button === chosen));
    }
    this.#onChange();
  }
}

function makeParts() {
  return {
    overview: new Overview({ tiles: byId('tiles'), table: byId('functions') }),
    plots: new Plots({
      throughput: byId('throughput'), throughputNow: byId('throughput-now'),
      latency: byId('latency'), latencyNow: byId('latency-now'),
    }),
    invocations: new Invocations({
      list: byId('invocations'), empty: byId('invocations-empty'), filter: byId('filter'),
    }),
    failures: new Failures({ list: byId('failed'), empty: byId('failed-empty') }),
    events: new Events({
      parts: {
        dead: byId('dead'), deadEmpty: byId('dead-empty'), deadMore: byId('dead-more'),
        deadActions: byId('dead-actions'), redriveAll: byId('redrive-all'),
        deleteAll: byId('delete-all'), waiting: byId('waiting-rows'),
        waitingEmpty: byId('waiting-empty'), waitingMore: byId('waiting-more'),
      },
      confirm,
      announce: makeAnnouncer(byId('announcements')),
      onTrouble: showTrouble,
    }),
  };
}

async function loadSettings() {
  const settings = await get('settings');
  showSettings(byId('settings-body'), settings);
  byId('version').textContent = settings.version;
}

function start() {
  const state = new State();
  const parts = makeParts();
  const choice = new ChartChoice(byId('chart-choice'), () => draw());
  const draw = () => {
    if (choice.name) parts.plots.update(state.spansOf(choice.name), state.timeMs, choice.name);
  };
  const live = new Live({
    onLink: showLink,
    onState: (document) => {
      const changed = state.take(document);
      choice.update(state.functions);
      parts.overview.update(state);
      draw();
      parts.invocations.update(changed.entries, document.reset);
      if (changed.failures) parts.failures.update(state.failures, state.timeMs);
      parts.events.update(state);
      root.classList.toggle('is-working', state.sum('busy') > 0);
      // A server that was started anew may have other settings.
      if (document.reset) loadSettings().catch((error) => showTrouble(error.message));
      root.dataset.started = 'true';
    },
  });
  byId('logout').addEventListener('click', async () => {
    live.close();
    await post('logout', {}).catch(() => {});
    location.reload();
  });
  // The plots move on while nothing happens.
  setInterval(() => {
    if (byId('link').dataset.state !== 'live' || document.hidden) return;
    state.timeMs += 2_000;
    draw();
  }, 2_000);
  live.open();
}

start();
