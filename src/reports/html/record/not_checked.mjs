// What a verdict must say that it did not look at (sections 11.2 and 12), in words for people.

export function notCheckedOf(state, index) {
  const always = [
    "Whether what was recorded is true. A signature shows who said something, not that it is so.",
    "Facts that are not shown: this page counts those it shows and cannot say that none is missing.",
  ];
  if ([...state.counts.keys()].some((type) => type === "TimestampReceived")) {
    always.push("The time stamps that the record names: check their tokens with unbroken-verify or openssl.");
  }
  if (index.isFull) return always;
  return [
    `${index.size - state.admitted.length} entries that are not in this page, and the streams that they belong to.`,
    "Conditions (gates) on streams that are not in this page.",
    "Whether a proposal was rejected, or used a second time, outside of this page.",
    "Which entries outside of this page are suspect.",
    `Events after the stream heads in entry ${index.heads}.`,
    `Whether the stream heads in entry ${index.heads}, on which its completeness rests, are right.`,
    ...always,
  ];
}
