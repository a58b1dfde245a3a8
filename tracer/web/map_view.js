// Which part of a map is in view, in places with fractions: zoomed about a point, moved, kept inside. Draws nothing.

const FEWEST = 6;

export class MapView {
  size = 0;
  mostRows = 0;
  row = 0;
  column = 0;
  rows = 0;
  columns = 0;

  /** Puts a map of another size in place; the same part stays in view where the size did not change. */
  open(size, mostRows) {
    const isSame = size === this.size && mostRows === this.mostRows;
    this.size = size;
    this.mostRows = Math.min(size, mostRows);
    if (!isSame) this.whole();
  }

  /** Shows everything, or the last rows where not all can be shown. */
  whole() {
    this.columns = this.size;
    this.rows = this.mostRows;
    this.column = 0;
    this.row = this.size - this.rows;
  }

  get isWhole() {
    return this.columns >= this.size && this.rows >= this.mostRows;
  }

  /** Zooms by a factor, above 1 is nearer; the given place (row, column) stays where it is. */
  zoom(factor, row = this.row + this.rows / 2, column = this.column + this.columns / 2) {
    const fewest = Math.min(FEWEST, this.size);
    const rows = Math.max(fewest, Math.min(this.mostRows, this.rows / factor));
    const columns = Math.max(fewest, Math.min(this.size, this.columns / factor));
    this.row = row - ((row - this.row) * rows) / this.rows;
    this.column = column - ((column - this.column) * columns) / this.columns;
    Object.assign(this, { rows, columns });
    this.#keepInside();
  }

  pan(rows, columns) {
    this.row += rows;
    this.column += columns;
    this.#keepInside();
  }

  /** Shows the part between two places, both included. */
  frame(one, other) {
    const fewest = Math.min(FEWEST, this.size);
    const [row0, row1] = [Math.min(one.row, other.row), Math.max(one.row, other.row) + 1];
    const [column0, column1] = [Math.min(one.column, other.column), Math.max(one.column, other.column) + 1];
    const side = Math.max(row1 - row0, column1 - column0, fewest);
    this.rows = Math.min(side, this.mostRows);
    this.columns = side;
    this.row = (row0 + row1 - this.rows) / 2;
    this.column = (column0 + column1 - side) / 2;
    this.#keepInside();
  }

  /** Moves just so far that a cell is in view. */
  reveal(row, column) {
    this.row = Math.max(row + 1 - this.rows, Math.min(row, this.row));
    this.column = Math.max(column + 1 - this.columns, Math.min(column, this.column));
    this.#keepInside();
  }

  /** Returns the whole places in view: {row0, row1, col0, col1}, the ends exclusive. */
  get window() {
    return {
      row0: Math.floor(this.row + 1e-6), row1: Math.min(this.size, Math.ceil(this.row + this.rows - 1e-6)),
      col0: Math.floor(this.column + 1e-6), col1: Math.min(this.size, Math.ceil(this.column + this.columns - 1e-6)),
    };
  }

  #keepInside() {
    this.row = Math.max(0, Math.min(this.size - this.rows, this.row));
    this.column = Math.max(0, Math.min(this.size - this.columns, this.column));
  }
}
