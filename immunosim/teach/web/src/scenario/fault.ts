/** What is wrong with a scenario: its key, the reason and what to do. */
export class ScenarioFault extends Error {
  constructor(
    readonly reason: string,
    readonly key = "",
    readonly cure = "",
  ) {
    super([key, reason, cure].filter(Boolean).join(": "));
    this.name = "ScenarioFault";
  }
}
