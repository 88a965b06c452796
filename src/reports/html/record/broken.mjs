// A rule that does not hold: its id from docs/ledger-format.md, what was found, and where. Nothing else stops a check.

export class Broken extends Error {
  constructor(rule, found) {
    super(found);
    this.rule = rule;
    this.entry = null;
    this.file = null;
    // Section 7: a signature is judged before what stands below it in the table.
    this.afterSignatures = false;
  }

  at(entry) {
    if (this.entry === null && this.file === null) this.entry = entry;
    return this;
  }

  in(file) {
    if (this.entry === null && this.file === null) this.file = file;
    return this;
  }
}

export function hold(condition, rule, found) {
  if (!condition) throw new Broken(rule, found);
}

/** Runs a check whose findings belong to a file. */
export function within(file, check) {
  try {
    return check();
  } catch (error) {
    if (error instanceof Broken) error.in(file);
    throw error;
  }
}
