import anser from 'anser';
import uPlot from 'uplot';

export const Colours = anser;
export const Plot = uPlot;
