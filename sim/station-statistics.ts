// What a queueing station counts, and the law that its counts must keep.

/** What happened at a station since its statistics were last reset. Integrals are exact: integer microseconds times jobs. */
export interface StationStatistics {
  /** Length of the window, in microseconds. */
  readonly elapsedUs: number;
  /** Jobs let in; `refused` ones come on top. */
  readonly arrivals: number;
  readonly refused: number;
  readonly completed: number;
  /** Jobs that were taken away before they were done. */
  readonly cleared: number;
  /** Jobs that were inside already when the window began. */
  readonly carriedOver: number;
  /** Jobs waiting and in service now. */
  readonly inSystem: number;
  /** Jobs waiting now. */
  readonly queueLength: number;
  readonly busyServers: number;
  /** Integrals over the window: jobs waiting, servers at work, jobs inside, servers there are; in job-microseconds. */
  readonly queueIntegralUs: number;
  readonly busyIntegralUs: number;
  readonly inSystemIntegralUs: number;
  readonly serversIntegralUs: number;
  /** Sums over the completed jobs, each with its whole wait or stay, also where it began before the window. */
  readonly sumWaitUs: number;
  readonly sumSojournUs: number;
}

/** Little's law over the window, L = λ·W, each side counted on its own. */
export interface LittlesLaw {
  /** L: time average of the jobs inside, from the integral over time. */
  readonly meanInSystem: number;
  /** λ: jobs seen in the window (let in, or inside when it began) per microsecond. */
  readonly arrivalRatePerUs: number;
  /** W: mean time that a job seen in the window spent inside during the window, from each job's own arrival and end. */
  readonly meanSojournUs: number;
  /** |L·T − Σ stays| ÷ L·T, in integers: 0 at any time unless the station miscounts. */
  readonly relativeError: number;
}
