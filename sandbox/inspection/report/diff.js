"use strict";
// What a revision changed, word by word: the longest common sequence of words stays. Knows texts, no interactions.

const MOST_STEPS = 4_000_000;

function changed(before, after) {
  const [old, now] = [before, after].map((text) => text.match(/\s+|\S+/g) ?? []);
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const middle = [old, now].map((words) => words.slice(start, words.length - end));
  if ((middle[0].length + 1) * (middle[1].length + 1) > MOST_STEPS) {
    return make("p", "note", "Too much to compare word by word.");
  }
  const kept = (words) => words.map((word) => ["", word]);
  const steps = [...kept(old.slice(0, start)), ...compared(...middle), ...kept(old.slice(old.length - end))];
  return said(...merged(steps));
}

function compared(old, now) {
  const width = now.length + 1;
  const common = new Uint16Array((old.length + 1) * width);
  for (let one = old.length - 1; one >= 0; one--)
    for (let two = now.length - 1; two >= 0; two--)
      common[one * width + two] = old[one] === now[two]
        ? common[(one + 1) * width + two + 1] + 1
        : Math.max(common[(one + 1) * width + two], common[one * width + two + 1]);
  const isBetterWithout = (one, two) => common[(one + 1) * width + two] >= common[one * width + two + 1];
  const steps = [];
  let [one, two] = [0, 0];
  while (one < old.length || two < now.length) {
    if (one < old.length && two < now.length && old[one] === now[two]) {
      steps.push(["", old[one++]]);
      two++;
    } else if (two === now.length || (one < old.length && isBetterWithout(one, two))) steps.push(["del", old[one++]]);
    else steps.push(["ins", now[two++]]);
  }
  return steps;
}

function merged(steps) {
  const runs = [];
  for (const [tag, word] of steps) {
    if (runs.at(-1)?.[0] === tag) runs.at(-1)[1].push(word);
    else runs.push([tag, [word]]);
  }
  return runs.map(([tag, words]) => (tag ? make(tag, "", words.join("")) : words.join("")));
}
