// The libraries stand before this script, in the same element.

// @ts-expect-error a constant of the joined script
export const Colours = /** @type {typeof import('anser').default} */ (Anser);

// @ts-expect-error a constant of the joined script
export const Plot = /** @type {typeof import('uplot').default} */ (uPlot);
