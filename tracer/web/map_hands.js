// Mouse, fingers and keys on the map: wheel, pinch, drag, box, arrow keys. Changes the view and the marked cells only.

const CLICK_PX = 4;
const WHEEL = 0.002;
const BY_KEY = 1.6;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Connects a frame and its canvas with a view; returns {toggleBox()}. `map` offers what the gestures do. */
export function steer(frame, canvas, map) {
  const { view, marked } = map;
  const pointers = new Map();
  let begun = null;
  let pinch = null;
  let isBoxing = false;

  const placeOf = (event) => {
    const box = canvas.getBoundingClientRect();
    const board = map.board();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const at = { x, y, row: view.row + ((y - board.top) / board.side) * view.rows, column: view.column + ((x - board.left) / board.side) * view.columns };
    at.isInside = x >= board.left && x < board.left + board.side && y >= board.top && y < board.top + board.side;
    return at;
  };
  const cellOf = ({ row, column }) => ({ row: clamp(Math.floor(row), view.size), column: clamp(Math.floor(column), view.size) });
  const setBox = (isOn) => {
    isBoxing = isOn;
    map.boxing.setAttribute("aria-pressed", String(isOn));
    frame.classList.toggle("tr-is-boxing", isOn);
  };

  canvas.addEventListener("wheel", (event) => {
    const isMeant = event.ctrlKey || document.activeElement === frame;
    const at = placeOf(event);
    if (!map.isReady() || !isMeant || !at.isInside) return;
    event.preventDefault();
    map.zoom(Math.exp(-event.deltaY * WHEEL * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 4 : 1)), at.row, at.column);
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    if (!map.isReady() || event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    const at = placeOf(event);
    begun = { at, row: view.row, column: view.column, isMoved: false, isBox: isBoxing || event.shiftKey };
    if (pointers.size === 2) pinch = { distance: apart(pointers) };
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!map.isReady()) return;
    const at = placeOf(event);
    if (!pointers.has(event.pointerId)) return hover(event, at);
    pointers.set(event.pointerId, event);
    if (pinch && pointers.size === 2) return squeeze();
    if (!begun || pointers.size > 1) return;
    if (Math.hypot(at.x - begun.at.x, at.y - begun.at.y) > CLICK_PX) begun.isMoved = true;
    if (!begun.isMoved) return;
    map.tooltip.hide();
    if (begun.isBox) {
      marked.box = { x0: begun.at.x, y0: begun.at.y, x1: at.x, y1: at.y };
      map.draw();
      return;
    }
    const { side } = map.board();
    view.pan(begun.row - ((at.y - begun.at.y) / side) * view.rows - view.row, begun.column - ((at.x - begun.at.x) / side) * view.columns - view.column);
    map.moved();
  });

  const lift = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    if (pointers.size < 2) pinch = null;
    if (!begun || event.type === "pointercancel") return void (begun = null);
    const at = placeOf(event);
    if (!begun.isMoved && begun.at.isInside) {
      const { row, column } = cellOf(at);
      marked.cursor = null;
      map.explain(row, column);
    } else if (marked.box) {
      marked.box = null;
      setBox(false);
      view.frame(cellOf(begun.at), cellOf(at));
      map.moved();
    }
    begun = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => map.tooltip.hide());
  canvas.addEventListener("dblclick", (event) => {
    const at = placeOf(event);
    if (map.isReady() && at.isInside) map.zoom(2, at.row, at.column);
  });

  function hover(event, at) {
    if (!at.isInside) return map.tooltip.hide();
    const { row, column } = cellOf(at);
    map.tooltip.show(map.describe(row, column), event.clientX, event.clientY);
  }

  function squeeze() {
    const distance = apart(pointers);
    const [one, other] = [...pointers.values()];
    const at = placeOf({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 });
    begun = null;
    if (pinch.distance > 0 && distance > 0) map.zoom(distance / pinch.distance, at.row, at.column);
    pinch.distance = distance;
  }

  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = ARROWS[event.key];
    if (!map.isReady()) return void (move && event.preventDefault());
    if (move && event.shiftKey) {
      view.pan((move[0] * view.rows) / 5, (move[1] * view.columns) / 5);
      map.moved();
    } else if (move) moveCursor(move);
    else if (event.key === "+" || event.key === "=") near(BY_KEY);
    else if (event.key === "-" || event.key === "−") near(1 / BY_KEY);
    else if (event.key === "0" || event.key === "Home") map.whole();
    else if (event.key === "Escape") forget();
    else if (event.key === "Enter" || event.key === " ") {
      const { row, column } = cursor();
      map.explain(row, column);
    } else return;
    event.preventDefault();
  });
  frame.addEventListener("blur", () => {
    map.tooltip.hide();
    map.draw();
  });

  const cursor = () => (marked.cursor ??= marked.pinned ?? { row: clamp(map.currentRow(), view.size), column: clamp(map.currentRow(), view.size) });
  function moveCursor([rows, columns]) {
    const from = cursor();
    const stride = Math.max(1, Math.round(view.columns / 160));
    marked.cursor = { row: clamp(from.row + rows * stride, view.size), column: clamp(from.column + columns * stride, view.size) };
    view.reveal(marked.cursor.row, marked.cursor.column);
    map.moved();
    const box = canvas.getBoundingClientRect();
    const board = map.board();
    const [x, y] = [((marked.cursor.column - view.column) / view.columns) * board.side, ((marked.cursor.row - view.row) / view.rows) * board.side];
    map.tooltip.show(map.describe(marked.cursor.row, marked.cursor.column), box.left + board.left + x, box.top + board.top + y);
  }
  function near(factor) {
    const at = marked.cursor ?? marked.pinned;
    if (at) map.zoom(factor, at.row + 0.5, at.column + 0.5);
    else map.zoom(factor);
  }
  function forget() {
    setBox(false);
    Object.assign(marked, { cursor: null, pinned: null, box: null });
    map.tooltip.hide();
    map.draw();
  }

  return { toggleBox: () => setBox(!isBoxing) };
}

function apart(pointers) {
  const [one, other] = [...pointers.values()];
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
}

function clamp(place, size) {
  return Math.max(0, Math.min(size - 1, place));
}
