import { gptEntries, gptHeader } from '../partitions/gpt.js';
import type { Decoder } from './signature.js';

export const signatures: readonly Decoder[] = [gptHeader, gptEntries];
