// The size of a plan as text: what a person sees shrink.
import type { PlanSize } from '../../scenarios/search/plan-size.ts';
import { grouped } from './format.ts';

/** `2 devices, 3 edits, 1 fault, 0 message fates`. */
export function sizeText({ devices, edits, faults, fates }: Omit<PlanSize, 'steps'>): string {
  return [
    counted(devices, 'device'),
    counted(edits, 'edit'),
    counted(faults, 'fault'),
    counted(fates, 'message fate'),
  ].join(', ');
}

/** A count and what it counts: `1 fault`, `2 faults`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}
