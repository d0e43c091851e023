// events: what waits and what died, by pages of the queue, and what can be done about it.

import { make } from '../dom.js';
import { counted } from '../format.js';
import { get, post } from './calls.js';
import { formatAge, formatCount, pictureOf, shortName } from './words.js';

const kShown = 50;

function reasonOf(event) {
  const error = event.error ?? {};
  const message = error.errorMessage || error.errorType || event.condition || 'no reason was given';
  return message.replace(/^RequestId: \S+ Error: /, '');
}

function nameOf(event) {
  return pictureOf(event) ?? `an event for ${event.function}`;
}

function factsOf(event, nowMs) {
  const age = (time) => formatAge(nowMs - Date.parse(time));
  const isMessage = event.function === 'webhook';
  const facts = [isMessage ? 'webhook' : event.event ?? shortName(event.function)];
  if (event.state === 'dead') {
    facts.push(counted(event.attempts, 'attempt'), `died ${age(event.died)} ago`);
  } else {
    const untilDue = Date.parse(event.due) - nowMs;
    if (untilDue > 0) facts.push(`again in ${formatAge(untilDue)}`);
    if (event.attempts > 0) facts.push(`${counted(event.attempts, 'attempt')} failed`);
    if (event.priority === 'low') facts.push('low priority');
    facts.push(`for ${age(event.queued)}`);
  }
  return facts.join(' · ');
}

// One list of events in `state`, asked for anew when its count changes, at most once at a time.
class EventList {
  #state;
  #parts; // {list, empty, more}
  #makeActions;
  #count = null;
  #asking = false;

  constructor(state, parts, makeActions) {
    this.#state = state;
    this.#parts = parts;
    this.#makeActions = makeActions;
  }

  async update(count, nowMs) {
    if (count === this.#count || this.#asking || count === null) return;
    this.#asking = true;
    try {
      const { events } = await get(`events?state=${this.#state}&limit=${kShown}`);
      this.#show(events, count, nowMs);
      this.#count = count;
    } catch {
      // The stream tells that the server is gone; the list is asked for again with the next state.
    } finally {
      this.#asking = false;
    }
  }

  forget() {
    this.#count = null;
  }

  #show(events, count, nowMs) {
    const { list, empty, more } = this.#parts;
    list.replaceChildren(...events.map((event) => make('li', { class: 'event' },
      make('div', {},
        make('p', { class: 'event-name' }, nameOf(event)),
        event.state === 'dead' ? make('p', { class: 'event-why' }, reasonOf(event)) : null,
        make('p', { class: 'event-facts', title: `Request ${event.request_id}` },
          factsOf(event, nowMs))),
      this.#makeActions(event))));
    empty.hidden = events.length > 0;
    more.hidden = count <= events.length;
    more.textContent = `The oldest ${events.length} of ${formatCount(count)} are shown.`;
  }
}

export class Events {
  #parts;
  #confirm;
  #announce;
  #onTrouble;
  #dead;
  #waiting;
  #deadCount = 0;

  // parts: {dead, deadEmpty, deadMore, deadActions, redriveAll, deleteAll, waiting, waitingEmpty,
  // waitingMore}; confirm(title, text, yes) → whether.
  constructor({ parts, confirm, announce, onTrouble }) {
    this.#parts = parts;
    this.#confirm = confirm;
    this.#announce = announce;
    this.#onTrouble = onTrouble;
    this.#dead = new EventList('dead',
      { list: parts.dead, empty: parts.deadEmpty, more: parts.deadMore },
      (event) => this.#actions(event, ['redrive', 'delete']));
    this.#waiting = new EventList('waiting',
      { list: parts.waiting, empty: parts.waitingEmpty, more: parts.waitingMore },
      (event) => this.#actions(event, ['delete']));
    parts.redriveAll.addEventListener('click', () => this.#redriveAll());
    parts.deleteAll.addEventListener('click', () => this.#deleteAll());
  }

  update(state) {
    const dead = state.queued('dead');
    this.#deadCount = dead ?? 0;
    this.#parts.deadActions.hidden = !dead;
    this.#dead.update(dead, state.timeMs);
    this.#waiting.update(state.queued('waiting'), state.timeMs);
  }

  #actions(event, verbs) {
    const words = {
      redrive: ['Try again', () => this.#run('redrive', { ids: [event.id] }, 'tried again')],
      delete: ['Delete', () => this.#deleteOne(event)],
    };
    return make('div', { class: 'actions' }, ...verbs.map((verb) => make('button', {
      type: 'button', class: 'button is-small',
      'aria-label': `${words[verb][0]}: ${nameOf(event)}`, onclick: words[verb][1],
    }, words[verb][0])));
  }

  async #deleteOne(event) {
    const sure = await this.#confirm('Delete this event?',
      `${nameOf(event)} is not tried again. The picture itself stays where it is.`, 'Delete');
    if (sure) this.#run('delete', { ids: [event.id] }, 'deleted');
  }

  async #redriveAll() {
    const sure = await this.#confirm('Try all dead letters again?',
      `${counted(this.#deadCount, 'event')} will be queued with all attempts before them.`,
      'Try all again');
    if (sure) this.#run('redrive', { all: true }, 'tried again');
  }

  async #deleteAll() {
    const sure = await this.#confirm('Delete all dead letters?',
      `${counted(this.#deadCount, 'event')} will not be tried again. The pictures stay where ` +
      'they are. This cannot be undone.', 'Delete all');
    if (sure) this.#run('delete', { all: true, state: 'dead' }, 'deleted');
  }

  async #run(verb, selection, done) {
    this.#onTrouble('');
    try {
      const { count } = await post(`events/${verb}`, selection);
      this.#announce(`${counted(count, 'event')} ${done}.`);
    } catch (error) {
      this.#onTrouble(error.message);
    }
    this.#dead.forget();
    this.#waiting.forget();
  }
}
