export function mount(root, { source, position }) {
  const draw = async () => {
    const value = await source.view("decision", { step: position.step });
    root.textContent = value.sentences.join(" ");
  };
  const stop = position.subscribe(draw);
  draw();
  return { destroy: stop };
}
