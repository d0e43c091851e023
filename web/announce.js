// announce: tells a screen reader what happened, in a polite live region, without flooding it.

const kPauseMs = 700;
const kSentencesMax = 3;

export function makeAnnouncer(region) {
  let pending = [];
  let timer = null;

  function flush() {
    const shown = pending.slice(-kSentencesMax);
    const left = pending.length - shown.length;
    region.textContent = (left > 0 ? `${left} more before. ` : '') + shown.join(' ');
    pending = [];
    timer = null;
  }

  return (sentence) => {
    pending.push(sentence);
    timer ??= setTimeout(flush, kPauseMs);
  };
}
