// The words of the interface in one language, by key; placeholders are {named}.

/** Returns a function from a key and values to a text; an unknown key shows itself. */
export function wordsOf(catalogue) {
  return (key, values = {}) =>
    (catalogue[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
