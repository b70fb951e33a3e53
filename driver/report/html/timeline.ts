import type { Phase, RunEvent } from '../../events/events.js';
import type { ReportScenario, ReportSpan } from './report-data.js';

interface OpenPhase {
  phase: Phase;
  vm?: string;
  text: string;
  startedAt: number;
}

/** Phases as they begin and end; scenarios and steps are added from their table. */
export class Timeline {
  readonly #open: OpenPhase[] = [];
  readonly #closed: (OpenPhase & { endedAt: number })[] = [];

  take(event: RunEvent): void {
    if (event.type === 'phase:start') {
      const { phase, vm, text, at } = event;
      this.#open.push({ phase, text, startedAt: at, vm });
    } else if (event.type === 'phase:end') {
      this.#close(event);
    }
  }

  /** @param now the end of what is still open */
  spans(scenarios: readonly ReportScenario[], now: number): ReportSpan[] {
    const phases = [...this.#closed, ...this.#open.map((open) => ({ ...open, endedAt: now }))];
    const spans = [
      ...phases.map((phase) => phaseSpan(phase, scenarios)),
      ...scenarios.flatMap((scenario) => scenarioSpans(scenario)),
    ];
    return spans.sort((a, b) => a.startedAt - b.startedAt);
  }

  #close(event: Extract<RunEvent, { type: 'phase:end' }>): void {
    const { phase, vm, text, at, seconds } = event;
    const index = this.#open.findLastIndex((open) => open.phase === phase && open.vm === vm);
    const [open] = index < 0 ? [] : this.#open.splice(index, 1);
    // A phase that is told only when it is over has its length with it.
    const startedAt = open?.startedAt ?? at - seconds * 1000;
    this.#closed.push({ phase, text, startedAt, endedAt: at, vm });
  }
}

const laneOf = (scenario: ReportScenario | undefined): string =>
  scenario === undefined ? 'run' : String(scenario.worker ?? 1);

/** A phase of a machine belongs to the worker whose scenario was at work then. */
function phaseSpan(
  phase: OpenPhase & { endedAt: number },
  scenarios: readonly ReportScenario[],
): ReportSpan {
  const { vm, startedAt, endedAt, text } = phase;
  const during = scenarios.filter(
    (scenario) =>
      scenario.startedAt <= startedAt && startedAt <= scenario.startedAt + scenario.durationMs,
  );
  const owner =
    vm === undefined ? undefined : (during.find((scenario) => scenario.vm === vm) ?? during.at(-1));
  return {
    lane: laneOf(owner),
    row: 'phase',
    kind: phase.phase,
    text,
    startedAt,
    endedAt,
    vm,
    anchor: owner === undefined ? undefined : owner.anchor,
  };
}

function scenarioSpans(scenario: ReportScenario): ReportSpan[] {
  const { anchor, name, outcome, startedAt, durationMs } = scenario;
  const lane = laneOf(scenario);
  const whole: ReportSpan = {
    lane,
    row: 'scenario',
    kind: 'scenario',
    text: name,
    outcome,
    anchor,
    startedAt,
    endedAt: startedAt + durationMs,
  };
  const steps = scenario.steps.flatMap((step): ReportSpan[] =>
    step.startedAt === undefined || step.outcome === 'skipped'
      ? []
      : [
          {
            lane,
            row: 'step',
            kind: 'step',
            outcome: step.outcome,
            anchor,
            step: step.index,
            text: `${String(step.index)} ${step.title}`,
            startedAt: step.startedAt,
            endedAt: step.startedAt + step.durationMs,
          },
        ],
  );
  return [whole, ...steps];
}
