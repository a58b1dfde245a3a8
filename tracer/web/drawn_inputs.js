// What `forward` received, by itself.

import { mount as mountInputs } from "./inputs.js";

export async function mount(root, context) {
  mountInputs(root, context);
}
