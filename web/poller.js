// poller: asks the server how pictures are doing, a few at a time and in turn.
//
// A browser opens about six connections to one server. Three are for uploads; two lanes of
// questions leave one for pictures, so a long answer never holds up an upload.

const kLanes = 2;
const kWaitSeconds = 10; // How long the server may think about one question.
const kFailuresMax = 8; // In a row, each after a longer pause: about a minute and a half.
const kPauseMaxMs = 20_000;

export class Poller {
  #ask;
  #onAnswer;
  #onFailure;
  #waiting = [];
  #running = 0;

  // ask(item, waitSeconds) → {status, …}; onAnswer and onFailure end the watching of an item.
  constructor({ ask, onAnswer, onFailure }) {
    this.#ask = ask;
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
  }

  watch(item) {
    this.#enqueue({ item, failures: 0 });
  }

  #enqueue(task) {
    this.#waiting.push(task);
    this.#fillLanes();
  }

  #fillLanes() {
    while (this.#running < kLanes && this.#waiting.length > 0) this.#run(this.#waiting.shift());
  }

  #later(task, pauseMs) {
    setTimeout(() => this.#enqueue(task), pauseMs);
  }

  async #run(task) {
    this.#running += 1;
    const startedAt = performance.now();
    try {
      if (task.item.signal.aborted) return;
      const answer = await this.#ask(task.item, kWaitSeconds);
      if (answer.status !== 'processing') this.#onAnswer(task.item, answer);
      else this.#again(task, answer.retryAfterSeconds, performance.now() - startedAt);
    } catch (error) {
      if (task.item.signal.aborted) return;
      this.#failed(task, error);
    } finally {
      this.#running -= 1;
      this.#fillLanes();
    }
  }

  // The server has waited already; only where it did not is a pause of ours polite.
  #again(task, retryAfterSeconds, tookMs) {
    const pauseMs = Math.min(Math.max(retryAfterSeconds, 1) * 1000, kPauseMaxMs);
    this.#later({ item: task.item, failures: 0 }, Math.max(0, pauseMs - tookMs));
  }

  #failed(task, error) {
    const failures = task.failures + 1;
    if (!error.passing || failures >= kFailuresMax) return this.#onFailure(task.item, error);
    const pauseMs = Math.max(1000 * 2 ** task.failures, (error.retryAfterSeconds ?? 0) * 1000);
    this.#later({ item: task.item, failures }, Math.min(pauseMs, kPauseMaxMs));
  }
}
